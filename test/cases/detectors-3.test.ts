import { describe } from 'vitest';
import { describeCases } from '../integration/analytics/detector-cases.ts';

describe('the thresholds of the detectors, third share', () => {
  describeCases(2, 3, 'all');
});
