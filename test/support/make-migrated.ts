/** The process behind `migrated.ts`: makes all tables in the directory that it is given. The engine takes one a process. */
import { openEngine } from '../../sql/client.ts';
import { system_clock } from '../../sql/clock.ts';
import { migrate } from '../../sql/migrate.ts';

const engine = await openEngine({ path: process.argv[2] ?? '' });
await migrate(await engine.client('test'), system_clock);
await engine.close();
