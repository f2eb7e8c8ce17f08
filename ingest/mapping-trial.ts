/** The dry run of a mapping: what a sample would become under it, field by field, or why it would be refused. */
import type { EventContext } from './check-event.ts';
import type { SpooledEvent } from './event.ts';
import type { MappedEvent } from './formats/message.ts';
import { readMessage } from './formats/read-message.ts';
import { syslog_media_type } from './syslog/take-frames.ts';
import type { Mapping } from './mapping.ts';
import { judgeMessage, mapMessage } from './receive-message.ts';

/** What a sample would become. */
export interface Trial {
  readonly format: string;
  /** With the moment as RFC 3339, as they would be stored. */
  readonly events: readonly TrialFields[];
  readonly refusals: readonly {
    readonly code: string;
    readonly expression: string;
    readonly message: string;
  }[];
  /** What could be read of what is refused, so that it shows how far a mapping reaches. */
  readonly drafts: readonly TrialFields[];
}

export type TrialFields = Readonly<Record<string, string | readonly string[]>>;

/** A sample under the mapping that holds, and under another where one is tried. */
export interface TriedSample {
  readonly sample: string;
  readonly present: Trial;
  readonly proposed: Trial | undefined;
}

/** Of a value in a table; the JSON has all of it. */
const value_length_max = 200;

/** What would become of the sample. Nothing is stored, and nobody is told. */
export function tryMessage(bytes: Buffer, mapping: Mapping, context: EventContext): Trial {
  const transport = isSyslog(bytes) ? 'syslog_tcp' : 'http';
  const media_type = transport === 'http' ? '' : syslog_media_type;
  const mapped = mapMessage(
    (given, by) => readMessage(given, transport, media_type, by),
    bytes,
    mapping,
    () => {},
  );
  const { taken } = judgeMessage({ bytes, transport, media_type }, mapped, context);
  return {
    format: taken.format,
    events: taken.events.map(shown),
    refusals: taken.refusals.map(({ code, expression = '', message }) => ({
      code,
      expression,
      message,
    })),
    drafts: (mapped.drafts ?? []).map(shown),
  };
}

/** What a person reads: each sample with its fields in a table, what a new mapping changes, and how many of each. */
export function trialText(samples: readonly TriedSample[]): string {
  return `${samples.map(sampleText).join('\n\n')}\n\n${summaryText(samples)}`;
}

/** How many samples become events, and why the others do not. */
export function summaryText(samples: readonly TriedSample[]): string {
  const count = (trials: readonly Trial[]) => {
    const events = trials.reduce((sum, trial) => sum + trial.events.length, 0);
    const whole = trials.filter((trial) => trial.refusals.length === 0).length;
    const codes = new Map<string, number>();
    for (const code of trials.flatMap((trial) => trial.refusals.map((refusal) => refusal.code)))
      codes.set(code, (codes.get(code) ?? 0) + 1);
    const refused = [...codes].map(([code, number]) => `${code} ${number}`).join(', ');
    return `${whole} of ${trials.length} samples are taken whole, as ${events} ${events === 1 ? 'event' : 'events'} in all${refused === '' ? '' : `; refused: ${refused}`}`;
  };
  const present = count(samples.map((sample) => sample.present));
  const proposed = samples.flatMap((sample) => sample.proposed ?? []);
  return proposed.length === 0
    ? `${present}.`
    : `As the mapping is: ${present}.\nAs it would be: ${count(proposed)}.`;
}

function sampleText({ sample, present, proposed }: TriedSample): string {
  const trial = proposed ?? present;
  const lines = [`${sample}  (${trial.format})`];
  for (const [index, event] of trial.events.entries()) {
    lines.push(`  event ${index + 1} of ${trial.events.length}: would be stored`);
    lines.push(...fieldLines(event, proposed && (present.events[index] ?? {})));
  }
  for (const { code, expression, message } of trial.refusals) {
    lines.push(`  refused: ${code}${expression === '' ? '' : ` at ${expression}`}`);
    lines.push(`    ${message}`);
  }
  for (const draft of trial.drafts) {
    lines.push('  what could be read of it:', ...fieldLines(draft, undefined));
  }
  if (proposed && JSON.stringify(proposed) === JSON.stringify(present))
    lines.push('  no change from the mapping that holds');
  else if (proposed && present.events.length > proposed.events.length)
    lines.push(
      `  under the mapping that holds it becomes ${present.events.length} events, and would become ${proposed.events.length}`,
    );
  return lines.join('\n');
}

function fieldLines(fields: TrialFields, before: TrialFields | undefined): string[] {
  const names = [...new Set([...Object.keys(fields), ...Object.keys(before ?? {})])];
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const now = valueText(fields[name]);
    const then = valueText(before?.[name]);
    const was = before && then !== now ? `   (was ${then === '' ? 'absent' : then})` : '';
    return `    ${name.padEnd(width)}  ${now === '' ? '—' : now}${was}`;
  });
}

function valueText(value: string | readonly string[] | undefined): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : value.join('; ');
  const line = text.replaceAll(/\s*[\r\n]\s*/g, ' ⏎ ');
  return line.length > value_length_max
    ? `${line.slice(0, value_length_max)}… (${text.length} characters)`
    : line;
}

function shown(event: SpooledEvent | Partial<MappedEvent>): TrialFields {
  return Object.fromEntries(
    Object.entries(event)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => [
        name,
        name === 'occurred_at' && typeof value === 'number'
          ? new Date(value).toISOString()
          : Array.isArray(value)
            ? value.map(String)
            : String(value),
      ]),
  );
}

/** A file with a syslog message begins with its priority. */
function isSyslog(bytes: Buffer): boolean {
  return /^<\d{1,3}>/.test(bytes.toString('latin1', 0, 5));
}
