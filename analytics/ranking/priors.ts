/** What the evaluation on simulated truth says of each detector, before anybody has found anything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { project_root } from '../../sql/statement.ts';
import { definitionInvalid } from '../errors.ts';

/** Scores from 0 to 1 in thirds: finer bands would have too few alerts of most detectors to tell anything. */
export const score_bands = 3;

const Count = Type.Integer({ minimum: 0 });

const Bands = Type.Array(Type.Object({ alerts: Count, true: Count }), {
  minItems: score_bands,
  maxItems: score_bands,
});

export const Priors = Type.Object(
  {
    source: Type.Object({
      command: Type.String(),
      commit: Type.String(),
      /** Accesses of all evaluated exchanges together. */
      accesses: Count,
    }),
    /**
     * Per detector, link and score band, from low to high: alerts, and those of them that cite an event of misuse. A link
     * that no alert of the detector had is not in it.
     */
    detectors: Type.Record(
      Type.String(),
      Type.Object(
        {
          version: Type.Integer({ minimum: 1 }),
          links: Type.Object(
            {
              none: Type.Optional(Bands),
              none_in_company: Type.Optional(Bands),
              inferred: Type.Optional(Bands),
              inferred_in_company: Type.Optional(Bands),
              organisation: Type.Optional(Bands),
              organisation_in_company: Type.Optional(Bands),
              organisation_several: Type.Optional(Bands),
              organisation_several_in_company: Type.Optional(Bands),
              team: Type.Optional(Bands),
              unfed: Type.Optional(Bands),
              unfed_in_company: Type.Optional(Bands),
              unknown: Type.Optional(Bands),
            },
            { additionalProperties: false },
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type Priors = Static<typeof Priors>;

const file = 'analytics/ranking/priors.json';
let loaded: Priors | undefined;

/** The reviewed priors. @throws CodedError DEFINITION_INVALID when the file is not in its form */
export function loadPriors(): Priors {
  loaded ??= checkedPriors(JSON.parse(readFileSync(join(project_root, file), 'utf8')));
  return loaded;
}

/** `value` as priors. @throws CodedError DEFINITION_INVALID */
export function checkedPriors(value: unknown): Priors {
  if (!Value.Check(Priors, value)) {
    const [first] = [...Value.Errors(Priors, value)];
    throw definitionInvalid(file, `${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`);
  }
  for (const [id, { links }] of Object.entries(value.detectors)) {
    if (
      Object.values(links)
        .flat()
        .some((band) => band.true > band.alerts)
    )
      throw definitionInvalid(file, `${id} has more true alerts than alerts.`);
  }
  return value;
}

/** The band of a score. */
export function bandOf(score: number): number {
  return Math.min(score_bands - 1, Math.max(0, Math.floor(score * score_bands)));
}
