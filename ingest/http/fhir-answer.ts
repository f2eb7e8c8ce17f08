/** Answers in FHIR: which of JSON and XML is wanted, and refusals as OperationOutcome. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../sql/errors.ts';
import { RequestRefused } from '../codes.ts';
import { writeXml } from '../formats/fhir/write-xml.ts';
import type { Resource } from '../formats/fhir/write.ts';
import type { Parts } from './app.ts';

type FhirFormat = 'json' | 'xml';

const formats: Readonly<Record<string, FhirFormat>> = {
  json: 'json',
  'application/json': 'json',
  'application/fhir+json': 'json',
  'text/json': 'json',
  'application/json+fhir': 'json',
  xml: 'xml',
  'application/xml': 'xml',
  'application/fhir+xml': 'xml',
  'text/xml': 'xml',
  'application/xml+fhir': 'xml',
  '*/*': 'json',
  'application/*': 'json',
};

/**
 * The format that `_format` names, else the first that Accept allows.
 *
 * @throws RequestRefused FORMAT_UNKNOWN
 */
export function wantedFormat(request: FastifyRequest, named: string | null): FhirFormat {
  // In an address a + may have become a space.
  const wanted = named === null ? (request.headers.accept ?? '*/*') : named.replaceAll(' ', '+');
  const types = wanted
    .split(',')
    .map((each, index) => {
      const [type = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
      const quality = parameters.find((part) => part.startsWith('q='))?.slice(2) ?? '1';
      return { type, quality: Number(quality), index };
    })
    .sort((one, other) => other.quality - one.quality || one.index - other.index);
  for (const { type, quality } of types) {
    const format = formats[type];
    if (format && quality > 0) return format;
  }
  throw new RequestRefused(
    'FORMAT_UNKNOWN',
    'Answers come as application/fhir+json or application/fhir+xml.',
  );
}

export function sendResource(
  reply: FastifyReply,
  resource: Resource,
  format: FhirFormat,
): FastifyReply {
  return endingWhenClosing(reply)
    .type(`application/fhir+${format}; charset=utf-8`)
    .send(format === 'json' ? JSON.stringify(resource) : writeXml(resource));
}

/** An answer that outlasts the stop of the service ends its connection too, which the stop would otherwise wait for. */
export function endingWhenClosing(reply: FastifyReply): FastifyReply {
  return reply.server.server.listening ? reply : reply.header('connection', 'close');
}

/** The OperationOutcome of a refusal: the code of FHIR, ours, and what to do. */
export function operationOutcome(refused: RequestRefused, severity = 'error'): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity,
        code: issueType(refused),
        details: {
          coding: [{ system: 'urn:access-audit:code', code: refused.code }],
          text: refused.message,
        },
        diagnostics: refused.message,
      },
    ],
  };
}

/** Answers what the routes of `app` throw as OperationOutcome. */
export function answerErrorsInFhir(app: FastifyInstance, { log, limits }: Parts): void {
  app.setErrorHandler(async (error, request, reply) => {
    const refused =
      error instanceof RequestRefused
        ? error
        : new RequestRefused('SERVICE_FAILED', 'Something failed on our side. Try again.', {
            cause: error,
          });
    if (refused.status >= 500) {
      const { code, message } = refused;
      const detail = messageOf(refused.cause ?? refused) || message;
      log.error({ code, route: request.routeOptions.url, detail }, 'request failed');
    }
    if (refused.status === 503 || refused.status === 429) {
      reply.header(
        'retry-after',
        refused.code === 'KEY_ATTEMPTS_TOO_MANY' ? 60 : limits.retry_after_s,
      );
    }
    if (refused.status === 401) reply.header('www-authenticate', 'Bearer');
    if (!request.raw.complete) reply.header('connection', 'close');
    let format: FhirFormat = 'json';
    try {
      const named = (request.query as { _format?: unknown })._format;
      format = wantedFormat(request, typeof named === 'string' ? named : null);
    } catch {
      // Who can read neither is told in JSON.
    }
    return sendResource(reply.code(refused.status), operationOutcome(refused), format);
  });
}

function issueType({ status, code }: RequestRefused): string {
  if (code === 'SEARCH_DATE_MISSING') return 'required';
  if (code === 'PARAMETER_UNKNOWN' || status === 406 || status === 415) return 'not-supported';
  if (status === 401) return 'login';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 413 || status === 422) return 'too-costly';
  if (status === 429) return 'throttled';
  if (status === 503) return 'transient';
  return status >= 500 ? 'exception' : 'value';
}
