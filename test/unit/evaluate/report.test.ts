import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { project_root } from '../../../sql/statement.ts';
import type { WorldCounts } from '../../evaluate/measure.ts';
import { figuresOf, withFigures } from '../../evaluate/report.ts';

const detector = {
  detector_id: 'own_record',
  status: 'active',
  trouble: '',
  elapsed_ms: 1,
  misuse: 4,
  found: 3,
  alerts: 10,
  alerts_true: 5,
  alerts_own: 5,
  alerts_on_hard_negatives: 0,
  days_to_detect: [],
  links: {},
};
const world = (seed: number, found: number): WorldCounts => ({
  seed,
  accesses: 10_000,
  cases_by_scenario: { own_record: 4 },
  cases_cited: 4,
  detectors: [detector],
  queue: [5, 10, 20].map((budget) => ({
    budget: budget as 5,
    items: budget,
    items_true: 1,
    cases: 4,
    found,
    found_loosely: found,
    found_by_scenario: { own_record: found },
  })),
  explained: {
    well_kept: { accesses: 8_000, explained: 7_600, inferred: 0, by_explanation: {} },
    elsewhere: { accesses: 2_000, explained: 1_000, inferred: 0, by_explanation: {} },
  },
  seconds: 1,
});

it('puts the figures of an evaluation where the README has a place for them, and nothing else', () => {
  const readme = readFileSync(join(project_root, 'README.md'), 'utf8');
  const figures = figuresOf([world(1, 3), world(2, 4)]);
  expect(figures).toContain('20,000 accesses, 8 cases. Care on record explains 95.0 %');
  expect(figures).toContain('0.88 (0.00–1.00)');
  expect(figures).toContain('| `own_record` | active | 6 of 8 | 0.50 (0.30–0.70) | 10.0 |');
  const written = withFigures(readme, figures);
  expect(withFigures(written, figures)).toBe(written);
  const [begin, end] = [readme.indexOf('<!-- figures'), readme.indexOf('<!-- end of figures')];
  expect(begin).toBeGreaterThan(0);
  expect(written.startsWith(readme.slice(0, begin))).toBe(true);
  expect(written.endsWith(readme.slice(end))).toBe(true);
  expect(() => withFigures('no place', figures)).toThrow(TypeError);
});
