import { describe } from 'vitest';
import { describeCases } from './detector-cases.ts';

describe('the cases of the detectors, second share', () => {
  describeCases(1, 3, 'one a detector');
});
