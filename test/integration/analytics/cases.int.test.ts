import { describe } from 'vitest';
import { loadDetectors } from '../../../analytics/detectors.ts';
import { describeDetectorCases } from '../../cases/detector-cases.ts';
import { describeExplanationCases } from '../../cases/explanation-cases.ts';

// That each can be planned, says what it should and has a threshold that matters; all cases are a suite of their own.
describe('one case of each detector', () => {
  describeDetectorCases(loadDetectors(), 'one of each');
});

describe('one case of each explanation', () => {
  describeExplanationCases('one of each');
});
