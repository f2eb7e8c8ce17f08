/** Samples of what was refused, for the administrator: what was sent is shown only when it is asked for. */
import { error } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

interface RejectSample {
  receipt: string;
  position: number;
  message: string;
  raw_encoding: string;
  raw: string;
  is_cut: boolean;
  received_at_ms: number;
}

export const load: PageServerLoad = async ({ locals, url }) => {
  const [source, dataset, code] = ['source', 'dataset', 'code'].map(
    (name) => url.searchParams.get(name) ?? '',
  );
  const with_raw = url.searchParams.get('raw') === 'shown';
  if (!source || !dataset || !code) {
    error(404, 'There are no samples without a source, a dataset and a code.', {
      remedy: 'Choose one on the feeds page.',
    });
  }
  const samples = await locals.reader.administrator<RejectSample>('reject_samples', {
    source,
    dataset,
    code,
    with_raw,
  });
  await locals.record({
    action: 'view',
    subject_kind: with_raw ? 'rejects with raw text' : 'rejects',
    subject_ids: [...new Set(samples.map(({ receipt }) => receipt))],
    detail: JSON.stringify({ source, dataset, code }),
  });
  const asking = new URLSearchParams({ source, dataset, code, raw: 'shown' });
  return { source, dataset, code, samples, with_raw, raw_address: `/feeds/rejects?${asking}` };
};
