import { describe } from 'vitest';
import { detectorsInShare, describeDetectorCases } from './detector-cases.ts';

describe('the cases of the detectors, second share', () => {
  describeDetectorCases(detectorsInShare(1, 3), 'all');
});
