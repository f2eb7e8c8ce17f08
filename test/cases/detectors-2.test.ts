import { describe } from 'vitest';
import { describeCases } from '../integration/analytics/detector-cases.ts';

describe('the thresholds of the detectors, second share', () => {
  describeCases(1, 3, 'all');
});
