/** Coded errors: one class for every failure that a person or a program has to act on. */

/**
 * An error with a stable code.
 *
 * `code` is SCREAMING_SNAKE_CASE and never changes its meaning; `message` says what happened and what to do.
 * Neither ever holds a patient identifier, a name, or a search term: errors end in logs and on terminals.
 */
export class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CodedError';
    this.code = code;
  }
}

/** Whether `error` is a CodedError, with that code when one is given. */
export function isCoded(error: unknown, code?: string): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

/** The message of anything thrown, for a terminal or a health page; never empty. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error) || 'unknown error';
}
