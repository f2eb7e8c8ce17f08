/** `npm run rerun`: asks ingest to run refused and past messages again, and waits until it has. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { Command } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { isDate } from './instant.ts';
import { parseDate } from './retrieval/dates.ts';
import { requestRerun, rerunState, type RerunExample, type RerunState } from './rerun/requests.ts';
import { knownSource } from './sources.ts';

const usage =
  'Use: npm run rerun -- --source S [--code C] [--from D] [--to D] [--dry-run] [--reason "…"]   (D: local days of receipt, the last one not included)';
const poll_ms = 200;
/** After which nobody seems to be there to carry it out. */
const begin_wait_ms_max = 30_000;

/**
 * Prints how far it is to standard error and the counts as one line of JSON to standard output; exit 1 where it failed.
 *
 * @throws CodedError from the command: RERUN_USAGE, SOURCE_UNKNOWN, RERUN_NOT_BEGUN
 */
export function rerunCommand(client: SqlClient, clock: Clock): Command {
  return async (args, to) => {
    const wanted = readArguments(args);
    await knownSource(client, wanted.source);
    const request_id = await requestRerun(client, clock, {
      ...wanted,
      requested_by: 'npm run rerun',
    });
    let before = '';
    const began = performance.now();
    for (;;) {
      const state = await rerunState(client, request_id);
      if (!state) throw new Error('A request without a row.');
      if (state.state === 'waiting' && performance.now() - began > begin_wait_ms_max) {
        throw new CodedError(
          'RERUN_NOT_BEGUN',
          'The request is written, and no ingest has begun it. Is one running? It will be carried out once it is, or after those before it.',
        );
      }
      const line = `${state.state}: ${state.looked_at} of ${state.total} looked at`;
      if (line !== before && state.state === 'running') to.progress(line);
      before = line;
      if (state.state === 'done' || state.state === 'failed') return end(state, wanted, to);
      await pause(poll_ms);
    }
  };
}

function end(
  state: RerunState,
  { is_dry_run }: { is_dry_run: boolean },
  to: Parameters<Command>[1],
): number {
  const { state: _state, failure_code, failure_message, examples, ...counts } = state;
  const found = JSON.parse(examples || '[]') as RerunExample[];
  for (const { outcome, message_id, event_id, code, expression, changed } of found) {
    const what = [event_id, code, expression, changed.join(', ')].filter((part) => part !== '');
    to.progress(
      `${is_dry_run ? 'would be ' : ''}${outcome.replace('_', ' ')}: ${what.join(' ')}${message_id === '' ? '' : ` (message ${message_id.slice(0, 12)}…)`}`,
    );
  }
  if (_state === 'failed') to.progress(`${failure_code}: ${failure_message}`);
  to.output(JSON.stringify({ ...counts, is_dry_run, state: _state, code: failure_code }));
  return _state === 'failed' ? 1 : 0;
}

function readArguments(args: readonly string[]) {
  const fail = (cause?: unknown) => new CodedError('RERUN_USAGE', usage, { cause });
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        source: { type: 'string' },
        code: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        'dry-run': { type: 'boolean' },
        reason: { type: 'string' },
      },
    }));
  } catch (cause) {
    throw fail(cause);
  }
  const { source, code = '', from, to, reason = '' } = values;
  if (source === undefined) throw fail();
  const day = (text: string | undefined) => {
    if (text === undefined) return null;
    if (!isDate(text)) throw fail();
    return parseDate('from', text).from_ms;
  };
  return {
    source,
    code,
    from_at: day(from),
    to_at: day(to),
    is_dry_run: values['dry-run'] ?? false,
    reason,
  };
}
