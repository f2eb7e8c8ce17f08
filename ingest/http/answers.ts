/** The answers of the HTTP interface, as schemas: they serialise, and they are the page at /docs. */
import Type from 'typebox';

export const WaitSchema = Type.Object({
  wait: Type.Optional(
    Type.Enum(['loaded'], { description: 'Waits, to 30 s, until the data can be queried.' }),
  ),
});

export const ErrorSchema = Type.Object({
  code: Type.String({ description: 'Stable, documented in ingest/README.md.' }),
  message: Type.String({ description: 'What to do.' }),
});

const counts = {
  state: Type.Optional(Type.Enum(['spooled', 'loaded'])),
  stored: Type.Optional(Type.Integer()),
  duplicates: Type.Optional(Type.Integer({ description: 'Stored before, with the same content.' })),
  conflicts: Type.Optional(
    Type.Integer({ description: 'Stored before, with other content; kept aside.' }),
  ),
  ended: Type.Optional(Type.Integer({ description: 'Keys that a full load no longer held.' })),
};

export const AnswerSchema = Type.Object({
  receipt: Type.String({ description: 'Ask /receipts/{receipt} what became of the events.' }),
  accepted: Type.Integer({ description: 'On disk.' }),
  rejected: Type.Array(
    Type.Object({ index: Type.Integer(), code: Type.String(), message: Type.String() }),
    { description: 'The first 1 000 that were refused.' },
  ),
  rejected_count: Type.Integer(),
  warning: Type.Optional(Type.String()),
  ...counts,
});

export const ReceiptSchema = Type.Object({
  state: Type.Enum(['spooled', 'loaded']),
  stored: Type.Integer(),
  duplicates: Type.Integer(),
  conflicts: Type.Integer(),
  ended: Type.Integer(),
});
