/** Tells which source a request comes from, by its key. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { SqlClient } from '../../sql/client.ts';
import { RequestRefused } from '../codes.ts';
import { hashKey, isLoopback, listSources, type Source } from '../sources.ts';

export interface Authenticator {
  /** @throws RequestRefused KEY_MISSING, KEY_UNKNOWN, SOURCE_LOOPBACK_ONLY, SOURCES_UNKNOWN, KEY_ATTEMPTS_TOO_MANY */
  sourceOf(request: FastifyRequest): Promise<Source>;
  /**
   * The source that a client certificate speaks for, by its SHA-256 in hex, unless that has ended.
   *
   * @throws RequestRefused SOURCES_UNKNOWN
   */
  sourceOfCertificate(hash: string): Promise<Source | undefined>;
  /**
   * The source of that name, unless it has ended.
   *
   * @throws RequestRefused SOURCES_UNKNOWN
   */
  sourceNamed(name: string): Promise<Source | undefined>;
}

/**
 * Keeps the list of sources for `age_ms_max`, so that a request costs no query, and an ended source no more than that.
 * While ClickHouse is away the last list holds: what known sources send is spooled.
 */
export function createAuthenticator(
  client: SqlClient,
  age_ms_max: number,
  failures_per_minute_max: number,
): Authenticator {
  let by_hash = new Map<string, Source>();
  /** Sources by the whole header of those that were let in since the list was read: no hash is made for them again. */
  const by_header = new Map<string, Source>();
  let read_at = -Infinity;
  let reading: Promise<void> | undefined;
  const failures = new Map<string, { count: number; until: number }>();

  async function read(): Promise<void> {
    const sources = await listSources(client);
    by_hash = new Map(
      sources.filter(({ is_ended }) => !is_ended).map((each) => [each.key_hash, each]),
    );
    by_header.clear();
    read_at = performance.now();
  }

  async function refresh(): Promise<void> {
    if (performance.now() - read_at < age_ms_max) return;
    reading ??= read().finally(() => (reading = undefined));
    try {
      await reading;
    } catch (cause) {
      if (read_at === -Infinity) {
        throw new RequestRefused(
          'SOURCES_UNKNOWN',
          'The sources could not be read yet. Send again later.',
          { cause },
        );
      }
    }
  }

  function failed(address: string): void {
    const now = performance.now();
    if (failures.size > 10_000) failures.clear();
    const known = failures.get(address);
    if (known && known.until > now) known.count += 1;
    else failures.set(address, { count: 1, until: now + 60_000 });
  }

  function isThrottled(address: string): boolean {
    const before = failures.get(address);
    return (
      before !== undefined &&
      before.until > performance.now() &&
      before.count >= failures_per_minute_max
    );
  }

  return {
    async sourceOf(request) {
      const header = request.headers.authorization ?? '';
      const is_fresh = performance.now() - read_at < age_ms_max;
      const known = is_fresh ? by_header.get(header) : undefined;
      if (known && !known.is_loopback_only) return known;
      if (known && isLoopback(request.socket.remoteAddress ?? '')) return known;
      const key = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(header)?.[1];
      if (key === undefined) {
        throw new RequestRefused(
          'KEY_MISSING',
          'Send the key of a source: Authorization: Bearer <key>.',
        );
      }
      await refresh();
      const hash = hashKey(key);
      const source = by_hash.get(hash);
      if (!source || !timingSafeEqual(Buffer.from(source.key_hash), Buffer.from(hash))) {
        // Only who has no key is slowed down: senders behind one address do not answer for each other's mistakes.
        if (isThrottled(request.ip)) {
          throw new RequestRefused(
            'KEY_ATTEMPTS_TOO_MANY',
            'Too many wrong keys from this address. Wait a minute.',
          );
        }
        failed(request.ip);
        throw new RequestRefused(
          'KEY_UNKNOWN',
          'The key is not that of a source, or its source has ended.',
        );
      }
      if (source.is_loopback_only && !isLoopback(request.socket.remoteAddress ?? '')) {
        throw new RequestRefused(
          'SOURCE_LOOPBACK_ONLY',
          'This key works on the machine itself only. Add a source.',
        );
      }
      by_header.set(header, source);
      return source;
    },
    async sourceOfCertificate(hash) {
      await refresh();
      return [...by_hash.values()].find((each) => each.certificate_hashes.includes(hash));
    },
    async sourceNamed(name) {
      await refresh();
      return [...by_hash.values()].find((each) => each.source === name);
    },
  };
}
