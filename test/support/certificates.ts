/** Certificates for tests over TLS, made by the openssl program: an authority, a server, and clients. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, as files and as their contents. */
export interface Certified {
  readonly cert_path: string;
  readonly key_path: string;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** SHA-256 of the certificate, hex. */
  readonly hash: string;
}

export interface Authority extends Certified {
  readonly folder: string;
  /** A certificate of that common name, for a server on 127.0.0.1 and for a client. */
  issue(name: string): Certified;
}

/** @throws Error where there is no openssl on the machine: install it, e.g. with apt-get install openssl */
export function createAuthority(name = 'Test authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'access-audit-certificates-'));
  const path = (file: string) => join(folder, file);
  const made = makeKey(path, 'authority');
  openssl([
    ...['req', '-x509', '-new', '-key', made.key_path, '-out', made.cert_path],
    ...['-days', '2', '-subj', `/CN=${name}`],
  ]);
  return {
    ...read(made),
    folder,
    issue(common_name) {
      const files = makeKey(path, common_name);
      const request = path(`${common_name}.csr`);
      const extensions = path(`${common_name}.ext`);
      writeFileSync(
        extensions,
        `subjectAltName=DNS:${common_name},DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n`,
      );
      openssl([
        ...['req', '-new', '-key', files.key_path, '-out', request, '-subj', `/CN=${common_name}`],
      ]);
      openssl([
        ...['x509', '-req', '-in', request, '-CA', made.cert_path, '-CAkey', made.key_path],
        ...['-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', files.cert_path],
      ]);
      return read(files);
    },
  };
}

function makeKey(path: (file: string) => string, name: string) {
  const files = { cert_path: path(`${name}.pem`), key_path: path(`${name}.key`) };
  openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', files.key_path]);
  return files;
}

function read(files: { cert_path: string; key_path: string }): Certified {
  const cert = readFileSync(files.cert_path);
  const hash = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { ...files, cert, key: readFileSync(files.key_path), hash };
}

function openssl(args: readonly string[]): void {
  try {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ENOENT') throw cause;
    throw new Error(
      'The tests over TLS need the program openssl. On Debian: apt-get install -y openssl',
      { cause },
    );
  }
}
