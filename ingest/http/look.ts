/** One look of a source at what is stored: who may take it, how many at a time, and its record before it is answered. */
import type { FastifyRequest } from 'fastify';
import { recordOwnAudit, type OwnAuditEntry } from '../../sql/own-audit.ts';
import { isCoded } from '../../sql/errors.ts';
import { RequestRefused } from '../codes.ts';
import { readScope, type ReadScope } from '../retrieval/scope.ts';
import type { Source } from '../sources.ts';
import type { Parts } from './app.ts';

/** What a look found, for its record: counts, opaque ids, and what was searched for. */
export interface Found<T> {
  readonly answer: T;
  readonly subject_ids?: readonly string[];
  readonly detail: object;
}

export interface Looks {
  /**
   * Runs `look` for the source of the request, and returns its answer once the look is recorded in `own_audit`.
   *
   * @throws RequestRefused READING_NOT_ALLOWED, RETRIEVALS_TOO_MANY, RETRIEVAL_TOO_LARGE, RETRIEVAL_NOT_RECORDED, and
   * those of the authenticator
   */
  take<T>(
    request: FastifyRequest,
    what: Pick<OwnAuditEntry, 'action' | 'subject_kind'>,
    look: (source: Source, scope: ReadScope) => Promise<Found<T>>,
  ): Promise<T>;
}

export function createLooks(parts: Parts): Looks {
  const { authenticator, retrieval_client, clock, limits } = parts;
  const under_way = new Map<string, number>();

  async function record(
    source: Source,
    request: FastifyRequest,
    entry: Pick<OwnAuditEntry, 'action' | 'subject_kind' | 'subject_ids'>,
    detail: object,
  ): Promise<void> {
    try {
      await recordOwnAudit(retrieval_client, clock, {
        ...entry,
        user_id: `source:${source.source}`,
        role: 'source',
        organisation_codes: source.organisation_codes,
        // The pattern of the route, and never the address: that may name what was searched for.
        route: `${request.method} ${request.routeOptions.url ?? ''}`,
        detail: JSON.stringify(detail),
      });
    } catch (cause) {
      throw new RequestRefused(
        'RETRIEVAL_NOT_RECORDED',
        'What you asked for is not shown, since the record of your asking could not be written. Try again.',
        { cause },
      );
    }
  }

  return {
    async take(request, what, look) {
      const source = await authenticator.sourceOf(request);
      let scope: ReadScope;
      try {
        scope = readScope(source);
      } catch (refused) {
        await record(
          source,
          request,
          { action: 'refused', subject_kind: what.subject_kind, subject_ids: [] },
          { reads: source.reads },
        );
        throw refused;
      }
      const others = under_way.get(source.source) ?? 0;
      if (others >= limits.retrievals_under_way_max) {
        throw new RequestRefused(
          'RETRIEVALS_TOO_MANY',
          `A source may have ${limits.retrievals_under_way_max} searches under way. Wait for one to end.`,
        );
      }
      under_way.set(source.source, others + 1);
      try {
        const { answer, subject_ids = [], detail } = await look(source, scope);
        await record(source, request, { ...what, subject_ids }, { reads: source.reads, ...detail });
        return answer;
      } catch (error) {
        throw tooLarge(error) ?? error;
      } finally {
        const left = (under_way.get(source.source) ?? 1) - 1;
        if (left === 0) under_way.delete(source.source);
        else under_way.set(source.source, left);
      }
    },
  };
}

/** A query that met its bounds is the search's size, and no fault of ours. */
function tooLarge(cause: unknown): RequestRefused | undefined {
  const type = (cause as { engine_type?: string } | undefined)?.engine_type;
  if (!isCoded(cause) || !['TIMEOUT_EXCEEDED', 'MEMORY_LIMIT_EXCEEDED'].includes(type ?? '')) {
    return undefined;
  }
  return new RequestRefused(
    'RETRIEVAL_TOO_LARGE',
    'The search took too long or too much memory. Give it narrower bounds in time.',
    { cause },
  );
}
