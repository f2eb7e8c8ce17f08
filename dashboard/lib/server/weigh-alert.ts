/** The reasons for and against an alert, in sentences, and what was missing to know better. */
import { formatDay, plural } from '../format.ts';
import { dataset_names, explanation_names, inWords, strength_names } from '../words.ts';
import type { Alert, CitedEvent, Circumstances, Explanation } from './alert-detail.ts';
import type { ReferenceFeed } from './feed-health.ts';

export interface Evidence {
  readonly alert: Alert;
  readonly events: readonly CitedEvent[];
  readonly explanations: readonly Explanation[];
  /** Absent where the alert is about no one patient. */
  readonly circumstances: Circumstances | undefined;
  readonly references: readonly ReferenceFeed[];
  /** The datasets that bear on this alert. */
  readonly needs: readonly string[];
}

export interface Weighed {
  /** Why somebody should look into it. */
  readonly reasons_for: string[];
  /** Why it may be as it should. */
  readonly reasons_against: string[];
  /** What was not known when it was judged, so that its absence says nothing. */
  readonly missing: string[];
}

/** Weighs nothing up: it lists. What it comes to is for a person to decide. */
export function weighAlert(evidence: Evidence): Weighed {
  return {
    reasons_for: reasonsFor(evidence),
    reasons_against: reasonsAgainst(evidence),
    missing: missing(evidence),
  };
}

function reasonsFor({ alert, events, explanations, circumstances }: Evidence): string[] {
  // What a withdrawn alert says was true as far as was known when it was raised, and is not now.
  const reasons = [
    alert.status === 'withdrawn'
      ? `Before it was withdrawn it said: ${alert.reason}`
      : alert.reason,
  ];
  const is_patient = alert.patient_id !== '';
  if (is_patient && explanations.length === 0) {
    reasons.push(
      'Nothing on record explains this access: no appointment, admission, referral, registration or caseload.',
    );
  } else if (
    is_patient &&
    explanations.every(
      ({ explanation_id, strength }) =>
        explanation_id !== 'team_unknown' &&
        (strength === 'inferred' || strength === 'organisation'),
    )
  ) {
    reasons.push(
      'What explains it links the patient with the organisation, not with this member of staff or their team.',
    );
  }
  if (circumstances?.colleagues === 0) {
    reasons.push('Nobody else of the organisation opened this record that day.');
  }
  if (circumstances && circumstances.days > 1) {
    reasons.push(
      `They opened this record on ${circumstances.days} days within the 90 days to then.`,
    );
  }
  const overrides = [...new Set(events.map(({ override }) => override).filter(Boolean))];
  for (const override of overrides)
    reasons.push(`An override was used: ${inWords(override).toLowerCase()}.`);
  return reasons;
}

function reasonsAgainst({ alert, events, explanations, circumstances }: Evidence): string[] {
  const reasons = explanations.map(explanationSentence);
  if (alert.is_registered_here || circumstances?.is_registered) {
    reasons.push('The patient was registered with the organisation.');
  }
  if (circumstances?.is_tie_declared) {
    reasons.push('The member of staff had told of a tie with this patient beforehand.');
  }
  if (circumstances && circumstances.colleagues > 0) {
    const roles = circumstances.colleague_roles.slice(0, 5).join(', ');
    reasons.push(
      `${plural(circumstances.colleagues, 'colleague')} of the same organisation opened this record that day${roles ? ` (${roles})` : ''}.`,
    );
  }
  const given = events.map(({ reason }) => reason).find(Boolean);
  if (given !== undefined) reasons.push(`A reason was given at the time: “${given}”`);
  const is_all_system = events.length > 0 && events.every(({ trigger }) => trigger === 'system');
  if (is_all_system) reasons.push('The local record system opened it by itself.');
  const is_all_unsure = events.length > 0 && events.every(({ outcome }) => outcome === 'unknown');
  if (is_all_unsure) reasons.push('The source does not say whether anything was shown.');
  return reasons;
}

function explanationSentence({
  explanation_id,
  strength,
  kind,
  from_ms,
  to_ms,
}: Explanation): string {
  const name = explanation_names[explanation_id] ?? inWords(explanation_id);
  const when = kind === '' ? '' : `, ${period(from_ms, to_ms)}`;
  return `${name}${when}: ${strength_names[strength] ?? strength}.`;
}

function period(from_ms: number, to_ms: number | null): string {
  const from = formatDay(from_ms);
  if (to_ms === null) return `from ${from}, open`;
  const to = formatDay(to_ms);
  return from === to ? `on ${from}` : `from ${from} to ${to}`;
}

function missing({ needs, references, alert }: Evidence): string[] {
  const loaded = new Set(references.map(({ dataset }) => dataset));
  const never = needs.filter((dataset) => dataset !== 'access_events' && !loaded.has(dataset));
  const sentences = never.map(
    (dataset) =>
      `${dataset_names[dataset] ?? inWords(dataset)} were never received, so nothing is known from them.`,
  );
  if (alert.known_role === '' && alert.known_name === '') {
    sentences.push('The staff feed does not know this member of staff in this organisation.');
  }
  if (alert.patient_id !== '' && alert.patient_surname === '') {
    sentences.push('The patient feed does not know this patient.');
  }
  return sentences;
}
