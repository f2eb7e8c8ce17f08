import { describe } from 'vitest';
import { detectorsInShare, describeDetectorCases } from './detector-cases.ts';

describe('the cases of the detectors, third share', () => {
  describeDetectorCases(detectorsInShare(2, 3), 'all');
});
