/** What is wrong with an Arrow stream, before it is known whose: events and reference data have codes of their own. */

export class ArrowFault extends Error {
  readonly reason: 'damaged' | 'too_large';

  constructor(reason: 'damaged' | 'too_large', options?: ErrorOptions) {
    super(`The Arrow stream is ${reason}.`, options);
    this.reason = reason;
  }
}

export function damaged(cause?: unknown): ArrowFault {
  return new ArrowFault('damaged', { cause });
}

export function tooLarge(): ArrowFault {
  return new ArrowFault('too_large');
}
