/** ITI-81: `GET /fhir/AuditEvent`, the same as a form, and one event with the message that told it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { loadStatement } from '../../sql/statement.ts';
import { RequestRefused } from '../codes.ts';
import { mediaType, readBody } from '../formats/body.ts';
import { fhirId } from '../formats/fhir/id.ts';
import { writeAuditEvent, type Resource, type FoundEvent } from '../formats/fhir/write.ts';
import { openCursor, sealCursor } from '../retrieval/cursor.ts';
import { all_time } from '../retrieval/dates.ts';
import {
  filtersOf,
  parseSearch,
  type AnswerShape,
  type EventSearch,
  type ParsedSearch,
} from '../retrieval/event-search.ts';
import {
  boundsNow,
  countEvents,
  findEvents,
  type Bounds,
  type Page,
  type Position,
} from '../retrieval/find-events.ts';
import type { ReadScope } from '../retrieval/scope.ts';
import type { Source } from '../sources.ts';
import type { Parts } from './app.ts';
import { answerErrorsInFhir, operationOutcome, sendResource, wantedFormat } from './fhir-answer.ts';
import { createLooks } from './look.ts';

/** What a link carries: the search, and where it goes on. */
interface Cursor {
  readonly search: EventSearch;
  readonly shape: AnswerShape;
  readonly bounds: Bounds;
  readonly after: Position | undefined;
}

/** A page to be written: of a search that begins, or of one that goes on. */
interface Asked {
  readonly cursor: Cursor | undefined;
  readonly parsed: ParsedSearch | undefined;
}

const original_of_event = loadStatement('ingest/queries/original_of_event.sql');
/** An id is a digest, so whoever asks for one without a date has every event looked at, newest first. */
const read_ms_max = 60_000;

const described = {
  description:
    'Needs a bound on `date`. Parameters: _id, _lastUpdated, date, address, agent.identifier, patient.identifier, entity.identifier, entity-type, entity-role, source.identifier, type, subtype, action, outcome, _count, _sort, _summary, _total, _format. What names a patient is better sent as a form to _search, since addresses end up in the logs of proxies.',
};

export function retrievalRoutes(app: FastifyInstance, parts: Parts): void {
  const { retrieval_client, limits } = parts;
  const looks = createLooks(parts);
  answerErrorsInFhir(app, parts);

  app.get(
    '/fhir/AuditEvent',
    { schema: { summary: 'Searches the audit events (ITI-81)', ...described } },
    (request, reply) => search(request, reply, parametersOf(request)),
  );

  app.post(
    '/fhir/AuditEvent/_search',
    {
      schema: {
        summary: 'Searches the audit events, with the parameters in a form',
        ...described,
        consumes: ['application/x-www-form-urlencoded'],
      },
    },
    async (request, reply) => {
      if (mediaType(request.headers) !== 'application/x-www-form-urlencoded') {
        throw new RequestRefused(
          'CONTENT_TYPE_UNSUPPORTED',
          'A search is sent as application/x-www-form-urlencoded.',
        );
      }
      const given = parametersOf(request);
      const chunks: Buffer[] = [];
      for await (const chunk of readBody(request.raw, limits.search_bytes_max)) chunks.push(chunk);
      for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString('utf8')))
        given.append(name, value);
      return search(request, reply, given);
    },
  );

  // An event has one version for good: what replaces it has an id of its own.
  for (const path of ['/fhir/AuditEvent/:id', '/fhir/AuditEvent/:id/_history/1']) {
    app.get<{ Params: { id: string } }>(
      path,
      { schema: { summary: 'One audit event', params: Type.Object({ id: Type.String() }) } },
      (request, reply) => read(request, reply, request.params.id),
    );
  }

  app.get<{ Params: { id: string } }>(
    '/fhir/AuditEvent/:id/$original',
    {
      schema: {
        summary: 'The message that told the event, byte for byte as it came',
        params: Type.Object({ id: Type.String() }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const found = await looks.take(
        request,
        { action: 'view', subject_kind: 'original_message' },
        async (_source, scope) => {
          const event = await eventOf(id, scope);
          const original = event && (await originalOf(event, scope));
          return {
            answer: { event, original },
            subject_ids: isFhirId(id) ? [id] : [],
            detail: { found: original ? 1 : 0 },
          };
        },
      );
      if (!found.event) throw unknownEvent();
      if (!found.original) {
        throw new RequestRefused(
          'ORIGINAL_UNKNOWN',
          'The event was sent as it stands, or its message told others that this key may not read.',
        );
      }
      return sendOriginal(reply, found.original);
    },
  );

  async function read(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
  ): Promise<FastifyReply> {
    const format = wantedFormat(request, parametersOf(request).get('_format'));
    const resource = await looks.take(
      request,
      { action: 'view', subject_kind: 'access_event' },
      async (_source, scope) => {
        const event = await eventOf(id, scope);
        return {
          answer: event && writeAuditEvent(event),
          subject_ids: isFhirId(id) ? [id] : [],
          detail: { found: event ? 1 : 0 },
        };
      },
    );
    if (!resource) throw unknownEvent();
    return sendResource(reply, resource, format);
  }

  async function search(
    request: FastifyRequest,
    reply: FastifyReply,
    given: URLSearchParams,
  ): Promise<FastifyReply> {
    const format = wantedFormat(request, given.get('_format'));
    if (given.toString().length > limits.search_bytes_max) {
      throw new RequestRefused(
        'PARAMETER_INVALID',
        `A search has at most ${limits.search_bytes_max} characters. Ask for fewer values at a time.`,
      );
    }
    const bundle = await looks.take(
      request,
      { action: 'list', subject_kind: 'access_events' },
      async (source, scope) => {
        const asked = askedOf(request, source, given);
        const answer = await answerOf(source, scope, asked, baseOf(request));
        return { answer: answer.bundle, detail: { ...answer.detail } };
      },
    );
    return sendResource(reply, bundle, format);
  }

  async function answerOf(source: Source, scope: ReadScope, asked: Asked, base: string) {
    const begun = asked.cursor ?? (await beginning(asked.parsed));
    const { search: wanted, shape, bounds, after } = begun;
    const { count, is_descending, is_count } = shape;
    const page: Page = is_count
      ? { events: [], next: undefined }
      : await findEvents(retrieval_client, wanted, scope, bounds, {
          count,
          is_descending,
          ...(after && { after }),
        });
    // A first page that is the last one has counted already.
    const is_whole = !is_count && after === undefined && page.next === undefined;
    const total = is_whole
      ? page.events.length
      : is_count || (shape.with_total && after === undefined)
        ? await countEvents(retrieval_client, wanted, scope, bounds)
        : undefined;
    const next = page.next && sealCursor(source, 'AuditEvent', { ...begun, after: page.next });
    const shown = asked.parsed && !asked.parsed.hides_some ? asked.parsed.shown : undefined;
    const self = shown
      ? new URLSearchParams(shown.map(([name, value]) => [name, value])).toString()
      : `_cursor=${sealCursor(source, 'AuditEvent', begun)}`;
    return {
      detail: {
        search: recorded(wanted),
        is_continued: after !== undefined,
        shown: page.events.length,
        ...(total !== undefined && { total }),
        load_seq: bounds.load_seq,
      },
      bundle: {
        resourceType: 'Bundle',
        type: 'searchset',
        ...(total !== undefined && { total }),
        link: [
          { relation: 'self', url: `${base}?${self}` },
          ...(next === undefined ? [] : [{ relation: 'next', url: `${base}?_cursor=${next}` }]),
        ],
        ...entriesOf(page.events, asked.parsed?.ignored ?? [], base),
      },
    };
  }

  async function beginning(parsed: ParsedSearch | undefined): Promise<Cursor> {
    if (!parsed) throw new TypeError('A search begins with its parameters.');
    const bounds = await boundsNow(retrieval_client);
    return { search: parsed.search, shape: parsed.shape, bounds, after: undefined };
  }

  /** Newest first: what somebody asks for by its id is mostly what they have just sent. */
  async function eventOf(id: string, scope: ReadScope): Promise<FoundEvent | undefined> {
    const bounds = await boundsNow(retrieval_client);
    if (!isFhirId(id)) return undefined;
    const until = performance.now() + read_ms_max;
    let after: Position | undefined;
    do {
      const page: Page = await findEvents(retrieval_client, byId(id), scope, bounds, {
        count: 1,
        is_descending: true,
        ...(after && { after }),
      });
      if (page.events[0] || !page.next) return page.events[0];
      after = page.next;
    } while (performance.now() < until);
    throw new RequestRefused(
      'RETRIEVAL_TOO_LARGE',
      'The event was not found in the time there is. Search for it with _id and a date.',
    );
  }

  async function originalOf(event: FoundEvent, scope: ReadScope) {
    const [row] = await retrieval_client.rows<OriginalRow>(original_of_event, {
      source: event.source,
      event_id: event.event_id,
      occurred_at: event.occurred_at_ms,
      scope_organisations: scope.scope_organisations,
    });
    return row;
  }
}

interface OriginalRow {
  readonly media_type: string;
  readonly transport: string;
  readonly raw: string;
  readonly raw_encoding: string;
}

function sendOriginal(reply: FastifyReply, original: OriginalRow): FastifyReply {
  const { raw, raw_encoding, media_type } = original;
  return (
    reply
      .type(media_type === '' ? 'application/octet-stream' : media_type)
      // What a stranger wrote is never a page of ours.
      .header('content-disposition', 'attachment')
      .send(Buffer.from(raw, raw_encoding === 'base64' ? 'base64' : 'utf8'))
  );
}

function askedOf(request: FastifyRequest, source: Source, given: URLSearchParams): Asked {
  const sealed = given.get('_cursor');
  if (sealed !== null)
    return { cursor: openCursor(source, 'AuditEvent', sealed) as Cursor, parsed: undefined };
  const is_strict = /handling\s*=\s*strict/i.test(String(request.headers['prefer'] ?? ''));
  return { cursor: undefined, parsed: parseSearch(given, is_strict) };
}

function entriesOf(
  events: readonly FoundEvent[],
  ignored: readonly string[],
  base: string,
): { entry?: readonly object[] } {
  const matches = events.map((event) => ({
    fullUrl: `${base}/${fhirId(event.source, event.event_id)}`,
    resource: writeAuditEvent(event),
    search: { mode: 'match' },
  }));
  if (ignored.length === 0) return matches.length > 0 ? { entry: matches } : {};
  const names = ignored.filter((name) => /^[\w.:-]+$/.test(name)).join(', ');
  const told = operationOutcome(
    new RequestRefused('PARAMETER_UNKNOWN', `Not looked at, since not known: ${names}.`),
    'warning',
  );
  return {
    entry: [...matches, { resource: told satisfies Resource, search: { mode: 'outcome' } }],
  };
}

/** What was searched for, without the filters that leave everything. */
function recorded(search: EventSearch): object {
  const { occurred, received } = search;
  const bounded = (range: typeof occurred) =>
    [range.from_ms, range.to_ms].map((at) => new Date(at).toISOString());
  return {
    date: bounded(occurred),
    ...((received.from_ms !== all_time.from_ms || received.to_ms !== all_time.to_ms) && {
      last_updated: bounded(received),
    }),
    ...Object.fromEntries(
      Object.entries(filtersOf(search)).filter(([, values]) => values.length > 0),
    ),
  };
}

function byId(id: string): EventSearch {
  return {
    ...parseSearch(new URLSearchParams({ _id: id, date: 'ge1970-01-01' }), true).search,
    occurred: all_time,
  };
}

function isFhirId(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}

function unknownEvent(): RequestRefused {
  return new RequestRefused(
    'EVENT_UNKNOWN',
    'There is no such event, or none that this key may read. A later reading of its message may have replaced it.',
  );
}

/** Repeated parameters are kept apart, which the parsed query does not do. */
function parametersOf(request: FastifyRequest): URLSearchParams {
  const { url = '' } = request.raw;
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}

function baseOf(request: FastifyRequest): string {
  // A Host that is none is not repeated into a link.
  const host = /^[\w.:[\]-]{1,255}$/.test(request.host) ? request.host : 'localhost';
  return `${request.protocol}://${host}/fhir/AuditEvent`;
}
