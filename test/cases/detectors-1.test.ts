import { describe } from 'vitest';
import { describeCases } from '../integration/analytics/detector-cases.ts';

describe('the thresholds of the detectors, first share', () => {
  describeCases(0, 3, 'all');
});
