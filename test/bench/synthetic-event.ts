/** The event that the benchmarks send: the size and fields of a typical one, different at every index. */
import { createHash } from 'node:crypto';
import { nhsNumbers } from '../simulate/nhs-number.ts';

const next = nhsNumbers(0);
const patients = Array.from({ length: 50_000 }, next);

/** A valid access event of 4.2, with a UUID-shaped id; `index` decides everything. */
export function syntheticEvent(index: number): Record<string, string> {
  const id = createHash('md5').update(`${index}`).digest('hex');
  const at = Date.UTC(2026, 2, 1) + (index % 2_592_000) * 1000;
  return {
    event_id: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
    occurred_at: new Date(at).toISOString(),
    action: 'view',
    outcome: 'success',
    trigger: 'user',
    staff_id: String(555_000_000_000 + (index % 20_000)),
    staff_id_system: 'https://fhir.nhs.uk/Id/sds-user-id',
    role_code: 'R8000',
    organisation_code: `R${String(index % 200).padStart(3, '0')}`,
    application: 'Hospital record',
    session_id: id.slice(0, 16),
    launch_id: id.slice(16),
    patient_id: patients[index % patients.length] ?? '',
    section: ['gp_record', 'medications', 'results', 'documents'][index % 4] ?? 'results',
    purpose: 'TREAT',
  };
}
