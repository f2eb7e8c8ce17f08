/** What a reviewer can conclude, in the words that people read. */

export interface FindingChoice {
  readonly id: string;
  readonly text: string;
  readonly hint?: string;
}

/** In the order in which they are offered: from the innocent to the serious, as a review goes. */
export const finding_choices: readonly FindingChoice[] = [
  {
    id: 'explained_care',
    text: 'Explained: care',
    hint: 'The local record shows care that needed it.',
  },
  {
    id: 'explained_other_duty',
    text: 'Explained: another duty',
    hint: 'Administration, safeguarding, audit or a complaint.',
  },
  {
    id: 'explained_error',
    text: 'Explained: an error',
    hint: 'The wrong patient, the wrong member of staff, or wrong data.',
  },
  { id: 'own_record_outside_policy', text: 'Own record, outside policy' },
  { id: 'not_justified_curiosity', text: 'Not justified: curiosity' },
  { id: 'not_justified_family_or_friend', text: 'Not justified: family or a friend' },
  { id: 'not_justified_colleague', text: 'Not justified: a colleague' },
  { id: 'not_justified_dispute_or_harm', text: 'Not justified: a dispute, or harm' },
  { id: 'not_justified_gain', text: 'Not justified: gain' },
  { id: 'shared_login', text: 'A shared login' },
  {
    id: 'not_determined',
    text: 'Not determined',
    hint: 'It cannot be told either way. It says nothing of the detector.',
  },
  {
    id: 'withdrawn_late_evidence',
    text: 'Overtaken by late evidence',
    hint: 'What explains it came after the alert.',
  },
];

export const finding_names: Readonly<Record<string, string>> = Object.fromEntries(
  finding_choices.map(({ id, text }) => [id, text]),
);

/** Those that count as true for a detector's precision, and those that count as false; the others count for neither. */
export const true_findings: readonly string[] = finding_choices
  .map(({ id }) => id)
  .filter((id) => /^(own_record_|not_justified_|shared_login)/.test(id));
export const false_findings: readonly string[] = finding_choices
  .map(({ id }) => id)
  .filter((id) => id.startsWith('explained_'));
