/** What a source may read back. */
import { RequestRefused } from '../codes.ts';
import type { Source } from '../sources.ts';

/** Empty lists leave everything. */
export interface ReadScope {
  readonly scope_sources: readonly string[];
  readonly scope_organisations: readonly string[];
}

/** @throws RequestRefused READING_NOT_ALLOWED */
export function readScope(source: Source): ReadScope {
  if (source.reads === 'none') {
    throw new RequestRefused(
      'READING_NOT_ALLOWED',
      `The key of this source may not read. An administrator can allow it: npm run source -- reads ${source.source} own (what it sent) or all (what every source sent).`,
    );
  }
  return {
    scope_sources: source.reads === 'all' ? [] : [source.source],
    scope_organisations: source.organisation_codes,
  };
}
