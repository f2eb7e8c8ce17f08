/** `npm run detect` as a command: its arguments, its record in our own audit, and its last line as JSON. */
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { Command } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { auditedCommand } from '../sql/own-audit.ts';
import { detect } from './detect.ts';

const usage =
  'npm run detect -- [--from YYYY-MM-DD --to YYYY-MM-DD] [--detector ID] [--dry-run [--set PARAM=VALUE …]]';

/** The command. Exit status 1 when a detector failed. @throws CodedError USAGE, DETECTOR_UNKNOWN, DAYS_INVALID */
export function detectCommand(client: SqlClient, clock: Clock): Command {
  return auditedCommand(client, clock, 'npm run detect', async (args, to) => {
    const summary = await detect({
      client,
      clock,
      ...parseDetectArguments(args),
      on_progress: (line) => to.progress(line),
      on_alert: (line) => to.output(`${line}\n`),
    });
    to.output(`${JSON.stringify(summary)}\n`);
    return summary.failed.length > 0 ? 1 : 0;
  });
}

function parseDetectArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        detector: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        set: { type: 'string', multiple: true },
      },
    });
    return {
      from: values.from,
      to: values.to,
      detector: values.detector,
      dry_run: values['dry-run'],
      ...(values.set && { params: Object.fromEntries(values.set.map(paramOf)) }),
    };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}

/** `name=value`, the value a number where it is written as one. */
function paramOf(text: string): [string, number | string] {
  const [, name = '', value = ''] = /^([a-z][a-z0-9_]*)=(.+)$/.exec(text) ?? [];
  if (name === '') throw new Error(`--set takes PARAM=VALUE, and ${text} is not.`);
  const number = Number(value);
  return [name, Number.isFinite(number) && value.trim() !== '' ? number : value];
}
