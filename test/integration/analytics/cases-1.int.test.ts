import { describe } from 'vitest';
import { describeCases } from './detector-cases.ts';

describe('the cases of the detectors, first share', () => {
  describeCases(0, 3, 'one a detector');
});
