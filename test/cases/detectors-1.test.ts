import { describe } from 'vitest';
import { detectorsInShare, describeDetectorCases } from './detector-cases.ts';

describe('the cases of the detectors, first share', () => {
  describeDetectorCases(detectorsInShare(0, 3), 'all');
});
