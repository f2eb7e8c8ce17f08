import { expect, it } from 'vitest';
import { createLogger } from '../../../sql/log.ts';

it('removes what can hold personal data, at every depth that we log', () => {
  const lines: string[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  log.info(
    { patient_id: '9990000018', event: { surname: 'Zzyzx', row: { search_terms: 'Zzyzx' } } },
    'seen',
  );
  log.child({ service: 'ingest' }).error({ query_params: { p: '9990000018' } }, 'failed');
  expect(lines.join('')).not.toMatch(/9990000018|Zzyzx/);
  expect(lines).toHaveLength(2);
});
