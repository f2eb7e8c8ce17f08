import { describe } from 'vitest';
import { describeCases } from './detector-cases.ts';

describe('the cases of the detectors, third share', () => {
  describeCases(2, 3, 'one a detector');
});
