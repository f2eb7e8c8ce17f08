/** Structured logging: one pino logger a process, a child for each service. */
import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * A logger that writes JSON lines to standard error.
 *
 * Fields that can hold personal data are removed by name, whoever logs them: a log is read by people, and kept in
 * places, that the audit rules of this system do not reach.
 */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    redact: { paths: redacted_paths, censor: '[removed]' },
  };
  return pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
}

const personal_fields = [
  'patient_id',
  'patient_ids',
  'nhs_number',
  'staff_name',
  'surname',
  'name',
  'search_terms',
  'search_results',
  'reason',
  'raw',
  'params',
  'query_params',
  'authorization',
  'cookie',
];

// Pino's wildcard stands for one level only, so each field is listed at the three depths that our objects reach.
const redacted_paths = personal_fields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
