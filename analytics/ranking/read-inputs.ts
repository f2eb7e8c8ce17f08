/** Reads what the queue is made of. */
import type { SqlClient } from '../../sql/client.ts';
import type { EpochMs } from '../../sql/clock.ts';
import { loadStatement } from '../../sql/statement.ts';
import { isRaising, loadDetectors } from '../detectors.ts';
import { statusesOf, type Activation } from './activation.ts';
import { byText, type QueueAlert, type Severity } from './alert.ts';
import { true_findings } from './findings.ts';
import { isOfCrowd } from './families.ts';
import { loadExplanations } from '../explanations.ts';
import { company_days, linkClassOf, mostFrequent, type LinkClass } from './link.ts';
import type { FindingCounts } from './precision.ts';
import { loadPriors, score_bands } from './priors.ts';
import type { QueueInputs } from './queue.ts';
import type { Suppression } from './suppressed.ts';

/**
 * Alerts that one build takes. 300 000 are held in about 500 MB while they are read and ranked. What is left out are the
 * oldest signals, then the oldest closed alerts, then the oldest: a queue that long is looked at from its top. The build
 * says how many.
 */
const alerts_max = 300_000;

/** Alerts whose accesses one query looks up: it holds them, and those of everybody else who opened these records. */
const looked_up_max = 100_000;

/** How much a build reads, and how much of it at once. */
type Sizes = Readonly<Record<'alerts_max' | 'looked_up_max', number>>;

/** Others who opened the record that are read for an alert: one who is somebody else is enough, and a person has few ids. */
const companions_max = 8;

const ranking = { limits: 'ranking' } as const;

/** Everything a build depends on, as of `now`; `left_out` alerts were too many. */
export async function readQueueInputs(
  client: SqlClient,
  now: EpochMs,
  sizes: Sizes = { alerts_max, looked_up_max },
): Promise<{ inputs: QueueInputs; left_out: number }> {
  const read = <T>(name: string, binds = {}) =>
    client.rows<T>(loadStatement(`analytics/ranking/queries/${name}.sql`), binds, ranking);
  const catalogue = loadDetectors();
  const params = await read<{ detector_id: string; params_version: number }>('params_versions');
  const params_versions = new Map(params.map((row) => [row.detector_id, row.params_version]));
  const raising_ids = catalogue.filter(isRaising).map(({ id }) => id);
  const signal_ids = catalogue.filter(({ status }) => status === 'signal').map(({ id }) => id);
  const people = await readPeople(read);
  const rows = await read<AlertRow>('standing_alerts', {
    detector_ids: raising_ids,
    signal_ids,
    alerts_max: sizes.alerts_max + 1,
  });
  const listed = rows.slice(0, sizes.alerts_max);
  const standing =
    rows.length > listed.length
      ? await countStanding(read, raising_ids)
      : new Map<string, number>();
  const links = await readLinks(read, people, rows, signal_ids, sizes);
  const activations = await read<Activation>('activations');
  const budgets = await read<{ organisation_code: string; items_per_week: number }>('budgets');
  const accesses = await read<{ organisation_code: string; accesses: number }>(
    'organisation_accesses',
  );
  return {
    left_out: Math.max(
      0,
      [...standing.values()].reduce((sum, count) => sum + count, 0) - listed.length,
    ),
    inputs: {
      alerts: listed.map((row) => alertOf(row, people, links)),
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
      listed_shares: listedShares(listed, standing),
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

function alertOf(row: AlertRow, people: People, links: Links): QueueAlert {
  const staff_id_system = row.last_staff_id_system;
  const staff_id = row.last_staff_id;
  return {
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
    link: links.get(row.alert_id) ?? 'unknown',
  };
}

/** The link behind each alert, by alert_id; those without one are not in it. */
type Links = ReadonlyMap<string, LinkClass>;

async function readLinks(
  read: Read,
  people: People,
  alerts: readonly AlertRow[],
  signal_ids: readonly string[],
  sizes: Sizes,
): Promise<Links> {
  const first_hand_ids = loadExplanations()
    .filter(({ stage }) => stage === 'primary')
    .map(({ id }) => id);
  const links = new Map<string, LinkClass>();
  for (const together of lookedUpTogether(alerts, signal_ids, sizes)) {
    const rows = await read<{
      alert_id: string;
      strength: string;
      kinds_of_care: string;
      explained_share: number;
      companions: [staff_id_system: string, staff_id: string][];
    }>('alert_links', {
      detector_ids: [...new Set(together.map(({ last_detector_id }) => last_detector_id))],
      first_hand_ids,
      company_days,
      companions_max,
      from_day: together[0]?.last_day,
      to_day: together.at(-1)?.last_day,
    });
    const cited = Map.groupBy(rows, ({ alert_id }) => alert_id);
    for (const alert of together) {
      const accesses = cited.get(alert.alert_id);
      if (!accesses) continue;
      const own = people(alert.last_staff_id_system, alert.last_staff_id, alert.last_day);
      const classes = accesses.map(({ companions, kinds_of_care, ...access }) => {
        const is_in_company =
          !isOfCrowd(alert.last_detector_id) &&
          companions.some(([system, id]) => people(system, id, alert.last_day) !== own);
        return linkClassOf({ ...access, kinds_of_care: Number(kinds_of_care), is_in_company });
      });
      links.set(alert.alert_id, mostFrequent(classes));
    }
  }
  return links;
}

/**
 * The alerts in runs of whole days, in order, of about as many as one query takes, or more on a day that has more. Where
 * some were left out, signals are of fewer days than the others, so they are apart.
 */
function lookedUpTogether(
  alerts: readonly AlertRow[],
  signal_ids: readonly string[],
  { alerts_max, looked_up_max }: Sizes,
): AlertRow[][] {
  const apart =
    alerts.length > alerts_max
      ? [...Map.groupBy(alerts, (alert) => signal_ids.includes(alert.last_detector_id)).values()]
      : [alerts];
  return apart.flatMap((of_them) => {
    const runs: AlertRow[][] = [];
    const days = Map.groupBy(of_them, ({ last_day }) => last_day);
    for (const [, of_day] of [...days].sort(([a], [b]) => byText(a, b))) {
      const last = runs.at(-1);
      if (last && last.length + of_day.length <= looked_up_max)
        for (const alert of of_day) last.push(alert);
      else runs.push([...of_day]);
    }
    return runs;
  });
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

async function countStanding(
  read: Read,
  detector_ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await read<{ detector_id: string; alerts: number }>('standing_counts', {
    detector_ids: [...detector_ids],
  });
  return new Map(rows.map(({ detector_id, alerts }) => [detector_id, alerts]));
}

/** By detector, the share of its standing alerts that are listed; of one of which nothing is left out, nothing. */
function listedShares(
  listed: readonly AlertRow[],
  standing: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const counts = Map.groupBy(listed, ({ last_detector_id }) => last_detector_id);
  return new Map(
    [...standing].map(([id, alerts]) => [id, Math.min(1, (counts.get(id)?.length ?? 0) / alerts)]),
  );
}
