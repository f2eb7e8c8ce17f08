/** The error codes of analytics, in one place, with what each means. */
import { CodedError, isCoded } from '../sql/errors.ts';

/** A detector or explanation whose text is not in the form that DETECTORS.md asks for. */
export function definitionInvalid(where: string, what: string): CodedError {
  return new CodedError('DEFINITION_INVALID', `${where}: ${what}`);
}

/** No detector of that id: a typing mistake on the command line, or a folder that is missing. */
export function detectorUnknown(id: string, known: readonly string[]): CodedError {
  return new CodedError(
    'DETECTOR_UNKNOWN',
    `There is no detector ${id}. There are: ${known.join(', ')}.`,
  );
}

/** A day range that holds no day, or is not written as days. */
export function daysInvalid(what: string): CodedError {
  return new CodedError(
    'DAYS_INVALID',
    `${what} Give local days as YYYY-MM-DD; --to is the day after the last.`,
  );
}

/** Params were to be tried without saying of which detector, or as if they were to stay. */
export function paramsNeedDryRun(): CodedError {
  return new CodedError(
    'PARAMS_NEED_DRY_RUN',
    '--set tries params of one detector: add --detector and --dry-run. To keep them, save them on the detector’s page.',
  );
}

/** At least one detector failed, so not every day is judged; its run says which and why. */
export function detectorsFailed(ids: readonly string[]): CodedError {
  return new CodedError(
    'DETECTORS_FAILED',
    `Not everything is judged: ${ids.join(', ')} failed. The code is in detector_runs.detail; fix it and run detect again.`,
  );
}

/** Whether a query stopped because it would have held more than its limit lets it. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    isCoded(error, 'QUERY_FAILED') &&
    (error as CodedError & { engine_type?: string }).engine_type === 'MEMORY_LIMIT_EXCEEDED'
  );
}
