/** The thresholds in force: a detector's own, and what people set over them for all or for one organisation. */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { SqlClient } from '../sql/client.ts';
import { loadStatement } from '../sql/statement.ts';
import type { Detector } from './detectors.ts';
import { definitionInvalid } from './errors.ts';

export type Params = Readonly<Record<string, number | string>>;

/** One run of a detector: its params, and which organisations' rows count from it. */
export interface ParamsRun {
  readonly params: Params;
  /** The one organisation whose rows count; without it all but those of `except`. */
  readonly organisation_code?: string;
  readonly except: readonly string[];
}

export interface ParamsInForce {
  /** code.params, as alerts carry it. */
  readonly detector_version: string;
  /** How far back any of the runs reads. */
  readonly lookback_days: number;
  readonly runs: readonly ParamsRun[];
}

const Overrides = Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()]));

/**
 * What is in force for a detector now.
 *
 * @throws CodedError DEFINITION_INVALID when stored params are not an object of values, or name what the detector lacks
 */
export async function readParams(client: SqlClient, detector: Detector): Promise<ParamsInForce> {
  return paramsInForce(detector, await readSetParams(client, [detector.id]));
}

/** Params that people set for one organisation, or for all. */
export interface SetParams {
  readonly detector_id: string;
  readonly organisation_code: string;
  readonly params: string;
  readonly params_version: string | number;
}

/** The newest that people set for the detectors: one for each detector and organisation. */
export function readSetParams(
  client: SqlClient,
  detector_ids: readonly string[],
): Promise<SetParams[]> {
  return client.rows<SetParams>(loadStatement('analytics/queries/params_in_force.sql'), {
    detector_ids: [...detector_ids],
  });
}

/**
 * What would be in force if `params` were set for the organisation ('' for all): for an organisation, its own run alone.
 *
 * @throws CodedError DEFINITION_INVALID when a param is not one of the detector's
 */
export async function proposedParams(
  client: SqlClient,
  detector: Detector,
  organisation_code: string,
  params: Params,
): Promise<ParamsInForce> {
  const rows = await readSetParams(client, [detector.id]);
  const set = rows.find((row) => row.organisation_code === organisation_code);
  const merged = { ...(set ? checked(detector, set.params) : {}), ...params };
  const proposed = paramsInForce(detector, [
    ...rows.filter((row) => row !== set),
    {
      detector_id: detector.id,
      organisation_code,
      params: JSON.stringify(merged),
      params_version: set?.params_version ?? 0,
    },
  ]);
  return organisation_code === ''
    ? proposed
    : {
        ...proposed,
        runs: proposed.runs.filter((run) => run.organisation_code === organisation_code),
      };
}

/** The same from rows at hand: the newest of each organisation, '' for all of them. */
export function paramsInForce(
  detector: Pick<Detector, 'id' | 'version' | 'params' | 'lookback_days'>,
  rows: readonly Omit<SetParams, 'detector_id'>[],
): ParamsInForce {
  const over = new Map(rows.map((row) => [row.organisation_code, checked(detector, row.params)]));
  const general = { ...detector.params, ...over.get('') };
  const organisations = [...over.keys()].filter((code) => code !== '').sort();
  const runs: ParamsRun[] = [
    { params: general, except: organisations },
    ...organisations.map((organisation_code) => ({
      params: { ...general, ...over.get(organisation_code) },
      organisation_code,
      except: [],
    })),
  ];
  const params_version = Math.max(0, ...rows.map((row) => Number(row.params_version)));
  return {
    detector_version: `${detector.version}.${params_version}`,
    lookback_days: Math.max(
      detector.lookback_days,
      ...runs.map(({ params }) => Number(params.lookback_days ?? 0)),
    ),
    runs,
  };
}

function checked(detector: Pick<Detector, 'id' | 'params'>, text: string): Params {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(Overrides, value))
    throw definitionInvalid(`detector_params of ${detector.id}`, 'not an object of values.');
  for (const [name, set] of Object.entries(value)) {
    if (typeof set !== typeof detector.params[name]) {
      throw definitionInvalid(
        `detector_params of ${detector.id}`,
        `${name} is not a param of that kind.`,
      );
    }
  }
  return value as Params;
}
