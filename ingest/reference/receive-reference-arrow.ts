/** Takes the rows of one reference file in Arrow, each as the object that JSON would have given. */
import { refusal } from '../check-record.ts';
import { readRow } from '../formats/arrow/row.ts';
import type { ArrowShape, FieldKind } from '../formats/arrow/shape.ts';
import { readArrow } from '../formats/arrow.ts';
import type { Field } from './datasets.ts';
import { takeValue, type Receiving } from './receive-reference.ts';

/**
 * Takes an Arrow IPC stream, whose end mark has to be there: without it a full load could be half of an export, and
 * would end the other half.
 *
 * @throws RequestRefused REFERENCE_COLUMN_UNKNOWN, REFERENCE_COLUMN_MISSING, REFERENCE_COLUMN_TYPE,
 * REFERENCE_ARROW_INVALID, REFERENCE_ARROW_TOO_LARGE: nothing of the file is stored then
 */
export async function receiveRowArrow(
  body: AsyncIterable<Buffer>,
  fields: readonly Field[],
  to: Receiving,
): Promise<void> {
  const { arrow_batch_bytes_max, arrow_metadata_bytes_max } = to.limits;
  const limits = {
    batch_bytes_max: arrow_batch_bytes_max,
    metadata_bytes_max: arrow_metadata_bytes_max,
  };
  for await (const batch of readArrow(body, shapeOf(fields), limits)) {
    for (let row = 0; row < batch.rows; row++) {
      const { value, is_utf8 } = readRow(batch, row);
      const raw = () => Buffer.from(JSON.stringify(value));
      if (is_utf8) takeValue(value, raw, to);
      else
        to.intake.refuse(
          refusal('REFERENCE', 'NOT_UTF8', 'The row has text that is not UTF-8.'),
          raw(),
        );
      if (to.intake.isDue()) await to.intake.spill();
    }
  }
}

function shapeOf(fields: readonly Field[]): ArrowShape {
  return {
    kinds: new Map(fields.map((field) => [field.name, kindOf(field)])),
    required: fields.filter(({ is_required }) => is_required).map(({ name }) => name),
    of: 'the dataset',
    codes: {
      unknown: 'REFERENCE_COLUMN_UNKNOWN',
      missing: 'REFERENCE_COLUMN_MISSING',
      type: 'REFERENCE_COLUMN_TYPE',
      invalid: 'REFERENCE_ARROW_INVALID',
      too_large: 'REFERENCE_ARROW_TOO_LARGE',
    },
    stored_if_damaged: 'Nothing of it is stored.',
    needs_end: true,
  };
}

function kindOf({ json_type, meaning }: Field): FieldKind {
  if (meaning === 'instant' || meaning === 'date') return meaning;
  if (json_type === 'array') return 'list';
  if (json_type === 'number') return 'number';
  return json_type === 'boolean' ? 'flag' : 'text';
}
