/** Reads what the queue is made of. */
import type { SqlClient } from '../../sql/client.ts';
import type { EpochMs } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';
import { isRaising, loadDetectors } from '../detectors.ts';
import { statusesOf, type Activation } from './activation.ts';
import type { QueueAlert, Severity } from './alert.ts';
import { true_findings } from './findings.ts';
import type { FindingCounts } from './precision.ts';
import { loadPriors, score_bands } from './priors.ts';
import type { QueueInputs } from './queue.ts';
import type { Suppression } from './suppressed.ts';

/**
 * Alerts that one build takes. 300 000 are held in about 500 MB while they are read and ranked; a queue that long is
 * looked at from its top, so what is left out are the oldest, and the build says how many.
 */
const alerts_max = 300_000;

const analysis = { limits: 'analysis' } as const;

/** Everything a build depends on, as of `now`; `left_out` alerts were too many. */
export async function readQueueInputs(
  client: SqlClient,
  now: EpochMs,
): Promise<{ inputs: QueueInputs; left_out: number }> {
  const read = <T>(name: string, binds = {}) =>
    client.rows<T>(loadStatement(`analytics/ranking/queries/${name}.sql`), binds, analysis);
  const catalogue = loadDetectors();
  const params = await read<{ detector_id: string; params_version: number }>('params_versions');
  const params_versions = new Map(params.map((row) => [row.detector_id, row.params_version]));
  const people = await readPeople(read);
  const rows = await read<AlertRow>('standing_alerts', {
    detector_ids: catalogue.filter(isRaising).map(({ id }) => id),
    signal_ids: catalogue.filter(({ status }) => status === 'signal').map(({ id }) => id),
    alerts_max: alerts_max + 1,
  });
  const left_out =
    rows.length > alerts_max
      ? await countLeftOut(
          read,
          catalogue.map(({ id }) => id),
        )
      : 0;
  const strengthOf = await readStrengths(
    read,
    catalogue.filter((detector) => isRaising(detector) && detector.silenced_by === 'none'),
  );
  const activations = await read<Activation>('activations');
  const budgets = await read<{ organisation_code: string; items_per_week: number }>('budgets');
  const accesses = await read<{ organisation_code: string; accesses: number }>(
    'organisation_accesses',
  );
  return {
    left_out,
    inputs: {
      alerts: rows.slice(0, alerts_max).map((row) => alertOf(row, people, strengthOf)),
      findings: await read<FindingCounts>('finding_counts', {
        score_bands,
        true_findings: [...true_findings],
      }),
      suppressions: await read<Suppression>('suppressions_in_force', { now }),
      statusOf: statusesOf(catalogue, activations),
      detectors: new Map(
        catalogue.map(({ id, version, title, silenced_by }) => [
          id,
          {
            title,
            silenced_by,
            detector_version: `${version}.${params_versions.get(id) ?? 0}`,
          },
        ]),
      ),
      budgets: new Map(budgets.map((row) => [row.organisation_code, row.items_per_week])),
      accesses: new Map(accesses.map((row) => [row.organisation_code, row.accesses])),
      priors: loadPriors(),
    },
  };
}

type Read = <T>(name: string, binds?: object) => Promise<T[]>;

interface AlertRow {
  readonly alert_id: string;
  readonly last_detector_id: string;
  readonly last_detector_version: string;
  readonly last_severity: Severity;
  readonly last_staff_id_system: string;
  readonly last_staff_id: string;
  readonly last_organisation_code: string;
  readonly last_patient_id: string;
  readonly last_day: string;
  readonly last_first_at: number;
  readonly last_last_at: number;
  readonly last_score: number;
  readonly last_reason: string;
  readonly is_closed: number;
}

/** Who used an identifier on a day. */
type People = (staff_id_system: string, staff_id: string, day: string) => string;

function alertOf(row: AlertRow, people: People, strengthOf: StrengthOf): QueueAlert {
  const staff_id_system = row.last_staff_id_system;
  const staff_id = row.last_staff_id;
  const strength = strengthOf(row);
  return {
    ...(strength !== undefined && { strength }),
    alert_id: row.alert_id,
    detector_id: row.last_detector_id,
    detector_version: row.last_detector_version,
    severity: row.last_severity,
    is_closed: Number(row.is_closed) === 1,
    person_key:
      staff_id === ''
        ? `patient:${row.last_patient_id}`
        : people(staff_id_system, staff_id, row.last_day),
    staff_id_system,
    staff_id,
    organisation_code: row.last_organisation_code,
    patient_id: row.last_patient_id,
    day: row.last_day,
    first_at: row.last_first_at,
    last_at: row.last_last_at,
    score: row.last_score,
    reason: row.last_reason,
  };
}

/** The strongest explanation of the access that an alert names, where it is built and its detector is not silenced. */
type StrengthOf = (row: AlertRow) => string | undefined;

async function readStrengths(
  read: Read,
  detectors: readonly { readonly id: string }[],
): Promise<StrengthOf> {
  const detector_ids = detectors.map(({ id }) => id);
  const rows = await read<Record<string, string>>('access_strengths', { detector_ids });
  const known = new Map(
    rows.map((row) => [
      [row.day, row.organisation_code, row.staff_id_system, row.staff_id, row.patient_id].join(
        '\n',
      ),
      row.strength,
    ]),
  );
  return (row) =>
    detector_ids.includes(row.last_detector_id)
      ? known.get(
          [
            row.last_day,
            row.last_organisation_code,
            row.last_staff_id_system,
            row.last_staff_id,
            row.last_patient_id,
          ].join('\n'),
        )
      : undefined;
}

async function readPeople(read: Read): Promise<People> {
  const rows = await read<{
    staff_id_system: string;
    staff_id: string;
    person_key: string;
    from_day: string;
    until_day: string;
  }>('people');
  const key = (staff_id_system: string, staff_id: string) => `${staff_id_system}|${staff_id}`;
  const known = Map.groupBy(rows, (row) => key(row.staff_id_system, row.staff_id));
  return (staff_id_system, staff_id, day) => {
    const own = key(staff_id_system, staff_id);
    const then = known.get(own)?.find((row) => row.from_day <= day && day < row.until_day);
    // As the view has it for an identifier that nobody tied to a person.
    return then?.person_key ?? `staff:${own}`;
  };
}

async function countLeftOut(read: Read, detector_ids: readonly string[]): Promise<number> {
  const [row] = await read<{ alerts: number }>('standing_alert_count', {
    detector_ids: [...detector_ids],
  });
  return Math.max(0, (row?.alerts ?? 0) - alerts_max);
}
