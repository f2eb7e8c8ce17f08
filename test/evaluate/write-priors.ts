/** Turns the counts of an evaluation into the priors of the ranking: `node test/evaluate/write-priors.ts FILE.json COMMAND COMMIT`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findDetector } from '../../analytics/detectors.ts';
import { checkedPriors } from '../../analytics/ranking/priors.ts';
import { project_root } from '../../sql/statement.ts';
import type { WorldCounts } from './measure.ts';
import type { Calibration } from './report.ts';

const [file = '', command = '', commit = ''] = process.argv.slice(2);
const { calibration, worlds } = JSON.parse(readFileSync(file, 'utf8')) as {
  calibration: readonly Calibration[];
  worlds: readonly WorldCounts[];
};
const priors = checkedPriors({
  source: { command, commit, accesses: worlds.reduce((sum, { accesses }) => sum + accesses, 0) },
  detectors: Object.fromEntries(
    calibration
      .map(({ detector_id, links }) => [
        detector_id,
        { version: findDetector(detector_id).version, links },
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ),
});
writeFileSync(
  join(project_root, 'analytics', 'ranking', 'priors.json'),
  `${JSON.stringify(priors, undefined, 2)}\n`,
);
