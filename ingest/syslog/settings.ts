/** What the environment says of syslog, checked: which ports, which certificates, whose plain messages. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { optional_port, optional_text, text } from '../../sql/environment.ts';
import { CodedError } from '../../sql/errors.ts';

/** Its variables, for the list of the process. */
export const syslog_variables = {
  SYSLOG_HOST: text('127.0.0.1'),
  SYSLOG_PORT: optional_port,
  SYSLOG_TLS_CERT: optional_text,
  SYSLOG_TLS_KEY: optional_text,
  SYSLOG_TLS_CA: optional_text,
  SYSLOG_TCP_PORT: optional_port,
  SYSLOG_UDP_PORT: optional_port,
  SYSLOG_PLAIN_SOURCE: optional_text,
};

/** Where syslog is taken; a port that is absent is not opened, and 0 takes any free one. */
export interface SyslogSettings {
  readonly host: string;
  readonly tls?: {
    readonly port: number;
    readonly cert: Buffer;
    readonly key: Buffer;
    readonly ca: Buffer;
  };
  readonly plain?: {
    readonly tcp_port?: number;
    readonly udp_port?: number;
    /** Whose the messages are: a plain sender cannot prove who it is. */
    readonly source: string;
  };
}

type Values = {
  readonly [K in keyof typeof syslog_variables]: (typeof syslog_variables)[K]['fallback'];
};

/**
 * The settings, or undefined where no port is set.
 *
 * @throws CodedError CONFIG_INVALID naming the variable
 */
export function syslogSettings(values: Values): SyslogSettings | undefined {
  const { SYSLOG_PORT: tls_port, SYSLOG_TCP_PORT: tcp_port, SYSLOG_UDP_PORT: udp_port } = values;
  const is_plain = tcp_port !== undefined || udp_port !== undefined;
  const alone = (['SYSLOG_TLS_CERT', 'SYSLOG_TLS_KEY', 'SYSLOG_TLS_CA'] as const).find(
    (name) => tls_port === undefined && values[name] !== undefined,
  );
  if (alone) throw wrong(`${alone} is set, and SYSLOG_PORT is not. Set both, or neither.`);
  if (!is_plain && values.SYSLOG_PLAIN_SOURCE !== undefined) {
    throw wrong('SYSLOG_PLAIN_SOURCE is set, and neither SYSLOG_TCP_PORT nor SYSLOG_UDP_PORT is.');
  }
  if (is_plain && values.SYSLOG_PLAIN_SOURCE === undefined) {
    throw wrong(
      'SYSLOG_PLAIN_SOURCE is missing: a sender over plain TCP or UDP does not say who it is, so name the source whose messages these are.',
    );
  }
  if (tls_port === undefined && !is_plain) return undefined;
  return {
    host: values.SYSLOG_HOST,
    ...(tls_port !== undefined && { tls: { port: tls_port, ...readCertificates(values) } }),
    ...(is_plain && {
      plain: {
        source: values.SYSLOG_PLAIN_SOURCE ?? '',
        ...(tcp_port !== undefined && { tcp_port }),
        ...(udp_port !== undefined && { udp_port }),
      },
    }),
  };
}

function readCertificates(values: Values) {
  const read = (name: 'SYSLOG_TLS_CERT' | 'SYSLOG_TLS_KEY' | 'SYSLOG_TLS_CA', what: string) => {
    const path = values[name];
    if (path === undefined)
      throw wrong(`${name} is missing: SYSLOG_PORT needs ${what}, as a PEM file.`);
    try {
      return readFileSync(path);
    } catch (cause) {
      throw wrong(`${name} names a file that cannot be read.`, cause);
    }
  };
  const cert = read('SYSLOG_TLS_CERT', 'the certificate of this server');
  const key = read('SYSLOG_TLS_KEY', 'the key of that certificate');
  const ca = read('SYSLOG_TLS_CA', 'the certificate of the authority that signs those of senders');
  check('SYSLOG_TLS_CERT', 'no certificate in PEM', () => new X509Certificate(cert));
  check('SYSLOG_TLS_CA', 'no certificate in PEM', () => new X509Certificate(ca));
  check('SYSLOG_TLS_KEY', 'no key in PEM, or not that of SYSLOG_TLS_CERT', () =>
    createSecureContext({ cert, key }),
  );
  return { cert, key, ca };
}

function check(name: string, fault: string, parse: () => unknown): void {
  try {
    parse();
  } catch (cause) {
    throw wrong(`${name} holds ${fault}.`, cause);
  }
}

function wrong(message: string, cause?: unknown): CodedError {
  return new CodedError('CONFIG_INVALID', message, { cause });
}
