import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimatePrecision,
  type FindingCounts,
  type PrecisionInputs,
} from '../../../../analytics/ranking/precision.ts';
import { link_classes, type LinkClass } from '../../../../analytics/ranking/link.ts';
import { checkedPriors, loadPriors, type Priors } from '../../../../analytics/ranking/priors.ts';
import { loadDetectors } from '../../../../analytics/detectors.ts';
import { alert } from './given.ts';

const band = (alerts: number, true_count: number) => ({ alerts, true: true_count });
const priors: Priors = {
  source: { command: '', commit: '', accesses: 1_000_000 },
  detectors: {
    proof: { version: 1, links: { unknown: [band(0, 0), band(0, 0), band(100, 95)] } },
    weak: { version: 1, links: { unknown: [band(300, 4), band(400, 10), band(300, 18)] } },
  },
};

/** The precision of an alert of `detector_id`, where each organisation raised so many of them in so many accesses. */
function precisionOf(
  detector_id: string,
  given: Partial<PrecisionInputs> & {
    raised?: Record<string, number>;
    accesses_each?: number;
    score?: number;
    organisation_code?: string;
    link?: LinkClass;
  } = {},
) {
  const { raised = { ORG1: 10 }, accesses_each = 100_000, score = 0.9, link = 'unknown' } = given;
  const alerts = Object.entries(raised).flatMap(([organisation_code, count]) =>
    Array.from({ length: count }, (_, index) =>
      alert({
        alert_id: `${organisation_code}-${index}`,
        detector_id,
        organisation_code,
        link,
        patient_id: `p${index}`,
      }),
    ),
  );
  return estimatePrecision({
    priors,
    versions: new Map([[detector_id, '2.1']]),
    alerts,
    findings: [],
    accesses: new Map(Object.keys(raised).map((code) => [code, accesses_each])),
    ...given,
  })({
    detector_id,
    severity: 'medium',
    score,
    link,
    organisation_code: given.organisation_code ?? 'ORG1',
  });
}

function found(true_count: number, false_count: number, detector_version = '2.1') {
  return (detector_id: string): FindingCounts[] => [
    { detector_id, detector_version, band: 2, true_count, false_count },
  ];
}

describe('precision', () => {
  it('is near what the evaluation counted where the rate is as evaluated', () => {
    // A hundred alerts of a simulation count for a dozen.
    expect(precisionOf('proof')).toBeCloseTo(0.84, 1);
    expect(precisionOf('weak', { raised: { ORG1: 100 } })).toBeCloseTo(0.07, 1);
  });

  it('falls with the excess, and hardly for a detector that proves a tie', () => {
    const detectors = { own_record: priors.detectors['proof'], proof: priors.detectors['proof'] };
    const raised = { ORG1: 100 };
    const flooded = { priors: { ...priors, detectors } as Priors, raised };
    expect(precisionOf('weak', { raised: { ORG1: 1_000 } })).toBeLessThan(
      precisionOf('weak', { raised }) / 5,
    );
    expect(precisionOf('proof', flooded)).toBeLessThan(0.5);
    expect(precisionOf('own_record', flooded)).toBeGreaterThan(0.6);
  });

  it('keeps what it believes of high scores where low ones flood', () => {
    const raised = { ORG1: 30 };
    const low = Array.from({ length: 2_000 }, (_, index) =>
      alert({
        alert_id: `low-${index}`,
        detector_id: 'weak',
        score: 0.2,
        patient_id: `p${index}`,
      }),
    );
    const high = Array.from({ length: 30 }, (_, index) =>
      alert({
        alert_id: `high-${index}`,
        detector_id: 'weak',
        score: 0.9,
        patient_id: `p${index}`,
      }),
    );
    expect(precisionOf('weak', { alerts: [...low, ...high] })).toBeCloseTo(
      precisionOf('weak', { raised }),
      5,
    );
  });

  it('takes a crowd at one record for one incident, and not for a flood', () => {
    const crowd = Array.from({ length: 500 }, (_, index) =>
      alert({ alert_id: `${index}`, detector_id: 'weak', person_key: `person-${index}` }),
    );
    expect(precisionOf('weak', { alerts: crowd })).toBeCloseTo(
      precisionOf('weak', { raised: { ORG1: 1 } }),
      5,
    );
  });

  it('is lower in the organisation where the detector floods', () => {
    const raised = { ORG1: 400, ORG2: 5, ORG3: 5, ORG4: 5 };
    expect(precisionOf('weak', { raised })).toBeLessThan(
      precisionOf('weak', { raised, organisation_code: 'ORG2' }) / 3,
    );
  });

  it('takes a detector of which only a tenth is listed for no rarer than it is', () => {
    const listed_shares = new Map([['weak', 0.1]]);
    const all = precisionOf('weak', { raised: { ORG1: 1_000 } });
    expect(precisionOf('weak', { raised: { ORG1: 100 }, listed_shares })).toBeCloseTo(all, 2);
    expect(precisionOf('weak', { raised: { ORG1: 100 } })).toBeGreaterThan(2 * all);
  });

  it('never falls with the score', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom('proof', 'weak', 'unseen'), score, score, (id, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        expect(precisionOf(id, { score: high })).toBeGreaterThanOrEqual(
          precisionOf(id, { score: low }) * (1 - 1e-9),
        );
      }),
      { seed: 20260601, numRuns: 200 },
    );
  });

  it('rises evenly from one band to the next, and not in a step where they meet', () => {
    const steep: Priors = {
      ...priors,
      detectors: {
        steep: { version: 1, links: { unknown: [band(200, 10), band(200, 60), band(200, 190)] } },
      },
    };
    const at = (score: number) => precisionOf('steep', { priors: steep, score });
    for (const edge of [1 / 3, 2 / 3]) expect(at(edge + 0.01) / at(edge - 0.01)).toBeLessThan(1.2);
    expect(at(0.65)).toBeGreaterThan(1.5 * at(0.4));
  });

  it('follows findings, those of older versions less', () => {
    const raised = { ORG1: 100 };
    const before = precisionOf('weak', { raised });
    const of = (findings: ReturnType<typeof found>) =>
      precisionOf('weak', { raised, findings: findings('weak') });
    expect(of(found(30, 10))).toBeGreaterThan(before * 4);
    expect(of(found(0, 40))).toBeLessThan(before);
    expect(of(found(30, 10, '2.0'))).toBeLessThan(of(found(30, 10)));
    expect(of(found(30, 10, '1.7'))).toBeLessThan(of(found(30, 10, '2.0')));
    expect(of(found(30, 10, '1.7'))).toBeGreaterThan(before);
  });

  it('believes little of a detector that no evaluation has seen', () => {
    expect(precisionOf('unseen')).toBeLessThan(0.4);
  });

  it('has reviewed priors of detectors that there are', () => {
    const known = loadDetectors().map(({ id }) => id);
    expect(Object.keys(loadPriors().detectors).filter((id) => !known.includes(id))).toEqual([]);
  });

  it('falls with what is on record for the access, and where others opened the record in those days', () => {
    const of = (link: LinkClass) => precisionOf('weak', { link });
    expect(of('none')).toBeGreaterThan(of('none_in_company') * 3);
    expect(of('none')).toBeGreaterThan(of('inferred') * 3);
    expect(of('inferred')).toBeGreaterThan(of('team'));
    expect(of('organisation')).toBeGreaterThan(of('organisation_in_company'));
    expect(of('unfed')).toBeLessThan(of('none') / 3);
  });

  it('believes the evaluation of a link of which it saw enough, and keeps the others as they were', () => {
    const saw: Priors = {
      source: { command: '', commit: '', accesses: 1_000_000 },
      detectors: {
        tie: {
          version: 1,
          links: {
            none: [band(0, 0), band(0, 0), band(60, 40)],
            organisation: [band(0, 0), band(0, 0), band(3_000, 3)],
          },
        },
      },
    };
    const of = (link: LinkClass) => precisionOf('tie', { priors: saw, link });
    expect(of('none')).toBeGreaterThan(0.4);
    expect(of('organisation')).toBeLessThan(0.02);
    for (const link of link_classes) expect(of(link)).toBeLessThanOrEqual(of('none'));
  });

  it('does not take what a detector says where no feed tells for what it is worth', () => {
    const of = (alerts: number) =>
      precisionOf('blind', {
        link: 'none',
        priors: {
          source: { command: '', commit: '', accesses: 1_000_000 },
          detectors: {
            blind: {
              version: 1,
              links: {
                none: [band(0, 0), band(0, 0), band(10, 6)],
                unfed: [band(0, 0), band(0, 0), band(alerts, 0)],
              },
            },
          },
        },
      });
    expect(of(5_000)).toBeCloseTo(of(0), 5);
  });

  it('refuses priors with more true alerts than alerts', () => {
    const bands = [band(0, 0), band(0, 0), band(1, 2)];
    expect(() =>
      checkedPriors({ ...priors, detectors: { weak: { version: 1, links: { none: bands } } } }),
    ).toThrowError(/more true alerts/);
  });
});
