/** `npm run verify`: proves the store against its seals, and names what differs. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { SqlClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import type { Command } from '../control.ts';
import { CodedError } from '../errors.ts';
import { auditedCommand } from '../own-audit.ts';
import { finding_kinds } from './findings.ts';
import { verifyStore, type VerifyReport } from './verify.ts';

const usage = 'npm run verify -- [--from N] [--to N] [--witness FILE] [--json]';
const findings_shown = 20;

/**
 * The command. Exit status 1 where anything was found. The last line of output is the report as JSON, and with
 * `--json` the only one.
 *
 * @throws CodedError USAGE, WITNESS_UNREADABLE
 */
export function verifyCommand(client: SqlClient, clock: Clock, data_dir: string): Command {
  return auditedCommand(client, clock, 'npm run verify', async (args, to) => {
    const { witness, is_json, ...range } = parseVerifyArguments(args);
    const report = await verifyStore({
      client,
      data_dir,
      ...range,
      ...(witness !== undefined && { witness: await readWitness(witness) }),
      on_progress: (line) => to.progress(line),
    });
    if (!is_json) to.output(`${describe(report).join('\n')}\n`);
    to.output(`${JSON.stringify(report)}\n`);
    return report.is_intact ? 0 : 1;
  });
}

async function readWitness(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CodedError('WITNESS_UNREADABLE', 'The file after --witness cannot be read.', {
      cause,
    });
  }
}

/** The report in sentences. */
function describe(report: VerifyReport): string[] {
  const { findings, not_sealed, erased } = report;
  const lines = [
    `${report.events} events of ${report.loads} loads, ${report.reference_loads} loads of reference data, ${report.seals} seals.`,
  ];
  if (not_sealed.length > 0)
    lines.push(`Not sealed, since they are older than the seals: loads ${ranges(not_sealed)}.`);
  if (report.sealed_late > 0)
    lines.push(`Sealed only after they had been committed: ${report.sealed_late} loads.`);
  for (const { erasure_id, rows, people } of erased)
    lines.push(`Erased lawfully: ${rows} events under ${erasure_id}, by ${people.join(' and ')}.`);
  if (findings.length === 0) lines.push('Everything is as it was sealed.');
  for (const { kind, load_seq, detail } of findings.slice(0, findings_shown)) {
    const where = load_seq > 0 ? `load ${load_seq}` : 'seals';
    lines.push(`${where}: ${kind}: ${finding_kinds[kind]} (${detail}).`);
  }
  if (findings.length > findings_shown)
    lines.push(`And ${findings.length - findings_shown} more; the last line has them.`);
  return lines;
}

/** Numbers as ranges: 1-3, 7. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

function parseVerifyArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        witness: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const number = (name: 'from' | 'to') => {
      const text = values[name];
      if (text === undefined) return {};
      if (!/^[1-9][0-9]{0,14}$/.test(text))
        throw new Error(`--${name} takes the number of a load.`);
      return { [name]: Number(text) };
    };
    return {
      ...(number('from') as { from?: number }),
      ...(number('to') as { to?: number }),
      witness: values.witness,
      is_json: values.json,
    };
  } catch (cause) {
    throw new CodedError('USAGE', `${(cause as Error).message} Use: ${usage}`, { cause });
  }
}
