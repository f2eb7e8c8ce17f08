/** `npm run seal`: the latest checkpoint, the public key, proofs, and a new key. */
import { readFile } from 'node:fs/promises';
import type { SqlClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import type { Command } from '../control.ts';
import { CodedError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { auditedCommand } from '../own-audit.ts';
import { readKey } from './key.ts';
import { openSealLog, rotateKey, type LogName } from './log.ts';
import { newestCheckpoint, proveConsistency, proveEvent } from './prove.ts';

const usage =
  'Use: npm run seal -- checkpoint [own_audit] | verifier | prove SOURCE EVENT_ID | consistency FILE [own_audit] | rotate-key';

/** The command. @throws CodedError SEAL_USAGE, CHECKPOINT_UNREADABLE, and those of `prove.ts` */
export function sealCommand(options: {
  readonly client: SqlClient;
  readonly clock: Clock;
  readonly data_dir: string;
  readonly log: Logger;
}): Command {
  const { client, clock, data_dir } = options;
  return auditedCommand(client, clock, 'npm run seal', async (args, to) => {
    const [verb, ...rest] = args;
    if (verb === 'checkpoint' && rest.length <= 1) {
      to.output(await newestCheckpoint(client, logNamed(rest[0])));
    } else if (verb === 'verifier' && rest.length === 0) {
      to.output(`${(await readKey(data_dir)).verifier.vkey}\n`);
    } else if (verb === 'prove' && rest.length === 2) {
      const [source = '', event_id = ''] = rest;
      to.output(`${JSON.stringify(await proveEvent(client, source, event_id), null, 2)}\n`);
    } else if (verb === 'consistency' && (rest.length === 1 || rest.length === 2)) {
      const [path = '', log_name] = rest;
      const proof = await proveConsistency(client, logNamed(log_name), await readNote(path));
      to.output(`${JSON.stringify(proof, null, 2)}\n`);
    } else if (verb === 'rotate-key' && rest.length === 0) {
      const logs = (['events', 'own_audit'] as const).map((log_name) =>
        openSealLog({ ...options, log_name }),
      );
      to.output(`${await rotateKey(data_dir, logs)}\n`);
      for (const log of logs) await log.close();
    } else {
      throw new CodedError('SEAL_USAGE', usage);
    }
    return 0;
  });
}

function logNamed(name: string | undefined): LogName {
  if (name === undefined || name === 'events') return 'events';
  if (name === 'own_audit') return name;
  throw new CodedError('SEAL_USAGE', usage);
}

async function readNote(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CodedError('CHECKPOINT_UNREADABLE', 'The file of the checkpoint cannot be read.', {
      cause,
    });
  }
}
