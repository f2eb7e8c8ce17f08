/** Requests to run refusals and messages of a source again: written here, carried out by ingest. */
import { randomUUID } from 'node:crypto';
import type { Look } from './own-audit.ts';
import type { Services } from './services.ts';
import type { Viewer } from './sessions.ts';

export interface Rerun {
  readonly request_id: string;
  readonly code: string;
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly is_dry_run: boolean;
  readonly requested_by: string;
  readonly requested_at_ms: number;
  /** waiting, running, done or failed */
  readonly state: string;
  readonly failure_code: string;
  readonly failure_message: string;
  readonly total: number;
  readonly looked_at: number;
  readonly stored: number;
  readonly superseded: number;
  readonly withdrawn: number;
  readonly resolved: number;
  readonly refused: number;
  readonly unusable: number;
}

export interface RerunAsked {
  /** Empty: all refusals, and the messages that became events. */
  readonly code: string;
  readonly is_dry_run: boolean;
  readonly reason: string;
}

/** Who asks, and what the request is written through. */
export interface Asking {
  readonly services: Pick<Services, 'clock' | 'people'>;
  readonly viewer: Pick<Viewer, 'user_id'> | undefined;
  record(look: Look): Promise<void>;
}

const reason_characters_max = 500;
const code_form = /^[A-Z][A-Z0-9_]{2,60}$/;

/** What the form says, or what is wrong with it in a sentence. */
export function parseRerunForm(form: FormData): RerunAsked | { problem: string } {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const code = text('code');
  const reason = text('reason');
  if (code !== '' && !code_form.test(code)) return { problem: 'Choose a code from the list.' };
  if (reason === '') return { problem: 'Say why it is to be run again.' };
  if (reason.length > reason_characters_max)
    return { problem: `Say why in ${reason_characters_max} characters at most.` };
  return { code, reason, is_dry_run: text('how') !== 'store' };
}

/** Asks for a run. Our own audit has it before the request is made. */
export async function requestRerun(
  { services, viewer, record }: Asking,
  source: string,
  { code, is_dry_run, reason }: RerunAsked,
): Promise<void> {
  const request_id = randomUUID();
  await record({
    action: 'command',
    subject_kind: 'rerun',
    subject_ids: [request_id],
    detail: JSON.stringify({ source, code, is_dry_run }),
  });
  await services.people.insert('rerun_requests', [
    {
      request_id,
      source,
      code,
      from_at: null,
      to_at: null,
      is_dry_run,
      requested_by: viewer?.user_id ?? '',
      reason,
      requested_at: services.clock.now(),
    },
  ]);
}
