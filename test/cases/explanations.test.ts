import { describe } from 'vitest';
import { describeExplanationCases } from './explanation-cases.ts';

describe('the cases of the explanations', () => {
  describeExplanationCases('all');
});
