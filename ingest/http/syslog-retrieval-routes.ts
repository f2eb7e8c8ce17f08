/** ITI-82: `GET /syslogsearch`, the syslog messages as they came, those that were refused among them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loadStatement } from '../../sql/statement.ts';
import { RequestRefused } from '../codes.ts';
import { openCursor, sealCursor } from '../retrieval/cursor.ts';
import { all_time, intersection, parseDate, type Range } from '../retrieval/dates.ts';
import { count_default, count_max } from '../retrieval/event-search.ts';
import { boundsNow } from '../retrieval/find-events.ts';
import type { ReadScope } from '../retrieval/scope.ts';
import type { Source } from '../sources.ts';
import type { Parts } from './app.ts';
import { endingWhenClosing } from './fhir-answer.ts';
import { createLooks } from './look.ts';

interface Row {
  readonly message_id: string;
  readonly source: string;
  readonly received_at_ms: number | string;
  readonly transport: string;
  readonly format: string;
  readonly raw: string;
  readonly raw_encoding: string;
}

interface Cursor {
  readonly received: Range;
  readonly sources: readonly string[];
  readonly count: number;
  readonly load_seq: number;
  readonly after: { at_ms: number; source: string; message_id: string } | undefined;
}

const search_syslog = loadStatement('ingest/queries/search_syslog.sql');
/** Of one answer, since a message may have more than 64 KiB. */
const page_bytes_max = 16 * 1024 * 1024;

export function syslogRetrievalRoutes(app: FastifyInstance, parts: Parts): void {
  const { retrieval_client } = parts;
  const looks = createLooks(parts);

  app.get(
    '/syslogsearch',
    {
      schema: {
        summary: 'The syslog messages as they came (ITI-82)',
        description:
          'Needs a bound on `date`, the time of receipt. application/json: an array of messages; text/plain: the messages themselves, each after its length in octets and a space (RFC 5425). The next page stands in the Link header. Parameters: date, source, _count.',
      },
    },
    async (request, reply) => {
      const is_plain = wantsPlain(request);
      const { rows, next } = await looks.take(
        request,
        { action: 'list', subject_kind: 'original_messages' },
        async (source, scope) => {
          const cursor = await cursorOf(request, source);
          const found = await retrieval_client.rows<Row>(search_syslog, {
            load_seq: cursor.load_seq,
            received_from: cursor.received.from_ms,
            received_to: cursor.received.to_ms,
            sources: cursor.sources,
            scope_sources: ownAlone(source, scope),
            after_ms: cursor.after?.at_ms ?? -1,
            after_source: cursor.after?.source ?? '',
            after_message_id: cursor.after?.message_id ?? '',
            count: cursor.count,
            bytes_max: page_bytes_max,
          });
          const last = found.at(-1);
          const after = last && {
            at_ms: Number(last.received_at_ms),
            source: last.source,
            message_id: last.message_id,
          };
          const { from_ms, to_ms } = cursor.received;
          return {
            // A page that was cut by its bytes goes on as well, so only an empty one is known to be the last.
            answer: {
              rows: found,
              next: after && sealCursor(source, 'syslog', { ...cursor, after }),
            },
            detail: {
              received: [from_ms, to_ms].map((at) => new Date(at).toISOString()),
              sources: cursor.sources,
              shown: found.length,
              load_seq: cursor.load_seq,
            },
          };
        },
      );
      if (next !== undefined) {
        const host = /^[\w.:[\]-]{1,255}$/.test(request.host) ? request.host : 'localhost';
        reply.header(
          'link',
          `<${request.protocol}://${host}/syslogsearch?_cursor=${next}>; rel="next"`,
        );
      }
      endingWhenClosing(reply);
      return is_plain ? sendPlain(reply, rows) : reply.send(rows.map(asJson));
    },
  );

  async function cursorOf(request: FastifyRequest, source: Source): Promise<Cursor> {
    const { url = '' } = request.raw;
    const given = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
    const sealed = given.get('_cursor');
    if (sealed !== null) return openCursor(source, 'syslog', sealed) as Cursor;
    const dates = given.getAll('date');
    if (dates.length === 0) {
      throw new RequestRefused(
        'SEARCH_DATE_MISSING',
        'Give a bound in time, such as date=ge2026-03-01&date=lt2026-03-02.',
      );
    }
    for (const name of given.keys()) {
      if (!['date', 'source', '_count', '_format'].includes(name)) {
        throw new RequestRefused(
          'PARAMETER_UNKNOWN',
          'The parameters are date, source, _count and _format.',
        );
      }
    }
    const count = given.get('_count') ?? String(count_default);
    if (!/^[1-9]\d{0,8}$/.test(count)) {
      throw new RequestRefused(
        'PARAMETER_INVALID',
        `_count takes a number from 1 to ${count_max}.`,
      );
    }
    return {
      received: dates
        .map((date) => parseDate('date', date))
        .reduce((one, other) => intersection(one, other), all_time),
      sources: given.getAll('source').flatMap((value) => value.split(',')),
      count: Math.min(Number(count), count_max),
      load_seq: (await boundsNow(retrieval_client)).load_seq,
      after: undefined,
    };
  }
}

/**
 * A message is shown as it came, with all that stands in it, so no organisation can be cut out of it: a key that is
 * limited to organisations reads what it sent itself, and nothing else.
 */
function ownAlone(source: Source, { scope_sources }: ReadScope): readonly string[] {
  return source.organisation_codes.length > 0 ? [source.source] : scope_sources;
}

function wantsPlain(request: FastifyRequest): boolean {
  const named = (request.query as { _format?: unknown })._format;
  const wanted = typeof named === 'string' ? named : (request.headers.accept ?? '*/*');
  if (/json|\*\/\*|application\/\*/.test(wanted)) return false;
  if (/text\/(plain|\*)/.test(wanted)) return true;
  throw new RequestRefused('FORMAT_UNKNOWN', 'Messages come as application/json or text/plain.');
}

function asJson(row: Row): object {
  const { message_id, source, transport, format, raw, raw_encoding } = row;
  return {
    message_id,
    source,
    received_at: new Date(Number(row.received_at_ms)).toISOString(),
    transport,
    format,
    ...(raw_encoding === 'base64' ? { message_base64: raw } : { message: raw }),
  };
}

function sendPlain(reply: FastifyReply, rows: readonly Row[]): FastifyReply {
  const framed = rows.map(({ raw, raw_encoding }) => {
    const bytes = Buffer.from(raw, raw_encoding === 'base64' ? 'base64' : 'utf8');
    return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
  });
  return reply.type('text/plain; charset=utf-8').send(Buffer.concat(framed));
}
