/** `npm run source`: adds, lists and ends the sources that may send. */
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { Command } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { addSource, endSource, listSources } from './sources.ts';

const usage =
  'Use: npm run source -- add NAME [--simulated] [--organisations A,B] [--staff-id-system URI] | list | end NAME';

/**
 * The command on a database; with `data_dir`, the key file of the source `local` goes when that ends.
 *
 * @throws CodedError from the command: SOURCE_USAGE, SOURCE_EXISTS, SOURCE_NAME_INVALID, SOURCE_UNKNOWN
 */
export function sourceCommand(client: SqlClient, clock: Clock, data_dir?: string): Command {
  return async (args, to) => {
    to.output(await runSource(client, clock, args, data_dir));
    return 0;
  };
}

/** The text that the command prints. */
export async function runSource(
  client: SqlClient,
  clock: Clock,
  args: readonly string[],
  data_dir?: string,
): Promise<string> {
  const { values, positionals } = readArguments(args);
  const [verb, name, ...more] = positionals;
  if (verb === 'list' && name === undefined) return list(client);
  if (name === undefined || more.length > 0) throw new CodedError('SOURCE_USAGE', usage);
  if (verb === 'end') {
    await endSource(client, clock, name, 'npm run source');
    return `The source ${name} has ended: its key is refused from now on. Its events stay.`;
  }
  if (verb !== 'add') throw new CodedError('SOURCE_USAGE', usage);
  const { key } = await addSource(client, clock, {
    source: name,
    changed_by: 'npm run source',
    is_simulated: values.simulated ?? false,
    organisation_codes: (values.organisations ?? '').split(',').filter((code) => code !== ''),
    ...(values['staff-id-system'] !== undefined && {
      default_staff_id_system: values['staff-id-system'],
    }),
    ...(data_dir !== undefined && { data_dir }),
  });
  return `The source ${name} may send. Its key is shown this once:\n${key}`;
}

async function list(client: SqlClient): Promise<string> {
  const sources = await listSources(client);
  if (sources.length === 0) return 'There is no source.';
  return sources
    .map((source) => {
      const notes = [
        source.is_ended ? 'ended' : 'may send',
        ...(source.is_simulated ? ['simulated'] : []),
        ...(source.is_loopback_only ? ['this machine only'] : []),
        source.organisation_codes.length > 0
          ? `for ${source.organisation_codes.join(', ')}`
          : 'for any organisation',
        `staff ids of ${source.default_staff_id_system}`,
      ];
      return `${source.source}: ${notes.join('; ')}`;
    })
    .join('\n');
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        simulated: { type: 'boolean' },
        organisations: { type: 'string' },
        'staff-id-system': { type: 'string' },
      },
    });
  } catch (cause) {
    throw new CodedError('SOURCE_USAGE', usage, { cause });
  }
}
