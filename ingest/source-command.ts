/** `npm run source`: adds, lists and ends the sources that may send, and says which certificates speak for them. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SqlClient } from '../sql/client.ts';
import type { Clock } from '../sql/clock.ts';
import type { Command } from '../sql/control.ts';
import { CodedError } from '../sql/errors.ts';
import { mapping_usage, runMapping } from './mapping-command.ts';
import { addSource, changeSource, endSource, knownSource, listSources } from './sources.ts';

const usage = `Use: npm run source -- add NAME [--simulated] [--organisations A,B] [--staff-id-system URI] | list | end NAME | certificate NAME FILE.pem [--remove] | ${mapping_usage}`;

/**
 * The command on a database; with `data_dir`, the key file of the source `local` goes when that ends.
 *
 * @throws CodedError from the command: SOURCE_USAGE, SOURCE_EXISTS, SOURCE_NAME_INVALID, SOURCE_UNKNOWN, CERTIFICATE_TAKEN
 */
export function sourceCommand(client: SqlClient, clock: Clock, data_dir?: string): Command {
  return async (args, to) => {
    to.output(await runSource(client, clock, args, data_dir));
    return 0;
  };
}

/** The text that the command prints. */
export async function runSource(
  client: SqlClient,
  clock: Clock,
  args: readonly string[],
  data_dir?: string,
): Promise<string> {
  if (args[0] === 'mapping' || args[0] === 'reads') return runMapping(client, clock, args);
  const { values, positionals } = readArguments(args);
  const [verb, name, ...more] = positionals;
  if (verb === 'certificate') {
    const [certificate, ...others] = more;
    if (name === undefined || certificate === undefined || others.length > 0)
      throw new CodedError('SOURCE_USAGE', usage);
    const hash = certificateHash(certificate);
    return setCertificate(client, clock, name, hash, values.remove === true);
  }
  if (verb === 'list' && name === undefined) return list(client);
  if (name === undefined || more.length > 0) throw new CodedError('SOURCE_USAGE', usage);
  if (verb === 'end') {
    await endSource(client, clock, name, 'npm run source');
    return `The source ${name} has ended: its key is refused from now on. Its events stay.`;
  }
  if (verb !== 'add') throw new CodedError('SOURCE_USAGE', usage);
  const { key } = await addSource(client, clock, {
    source: name,
    changed_by: 'npm run source',
    is_simulated: values.simulated ?? false,
    organisation_codes: (values.organisations ?? '').split(',').filter((code) => code !== ''),
    ...(values['staff-id-system'] !== undefined && {
      default_staff_id_system: values['staff-id-system'],
    }),
    ...(data_dir !== undefined && { data_dir }),
  });
  return `The source ${name} may send. Its key is shown this once:\n${key}`;
}

/**
 * The arguments with the certificate's file replaced by its SHA-256: the process that carries the command out may run
 * elsewhere, and need not be able to read the file.
 *
 * @throws CodedError CERTIFICATE_INVALID
 */
export function withCertificateHash(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg, index) => index >= 2 && !arg.startsWith('--'));
  const file = args[at];
  if (args[0] !== 'certificate' || file === undefined || isHash(file)) return args;
  try {
    const hash = new X509Certificate(readFileSync(file)).fingerprint256;
    return args.with(at, certificateHash(hash));
  } catch (cause) {
    throw new CodedError(
      'CERTIFICATE_INVALID',
      `There is no certificate in PEM form in ${file}. Give the client's certificate, not its key.`,
      { cause },
    );
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text.replaceAll(':', ''));
}

function certificateHash(text: string): string {
  if (isHash(text)) return text.replaceAll(':', '').toLowerCase();
  throw new CodedError('SOURCE_USAGE', usage);
}

async function setCertificate(
  client: SqlClient,
  clock: Clock,
  name: string,
  hash: string,
  is_removal: boolean,
): Promise<string> {
  const { certificate_hashes } = await knownSource(client, name);
  const others = certificate_hashes.filter((each) => each !== hash);
  if (!is_removal) {
    const owner = (await listSources(client)).find(
      (each) => !each.is_ended && each.source !== name && each.certificate_hashes.includes(hash),
    );
    if (owner) {
      throw new CodedError(
        'CERTIFICATE_TAKEN',
        `That certificate speaks for the source ${owner.source}. Remove it there first, or make one for each.`,
      );
    }
  }
  const changes = { certificate_hashes: is_removal ? others : [...others, hash] };
  const reason = is_removal ? 'certificate removed' : 'certificate added';
  await changeSource(client, clock, name, changes, 'npm run source', reason);
  return is_removal
    ? `The certificate ${hash} no longer speaks for ${name}.`
    : `The certificate ${hash} speaks for ${name} over syslog.`;
}

const reads_words = { own: 'what it sent', all: 'what every source sent' };

async function list(client: SqlClient): Promise<string> {
  const sources = await listSources(client);
  if (sources.length === 0) return 'There is no source.';
  return sources
    .map((source) => {
      const notes = [
        source.is_ended ? 'ended' : 'may send',
        ...(source.is_simulated ? ['simulated'] : []),
        ...(source.is_loopback_only ? ['this machine only'] : []),
        source.organisation_codes.length > 0
          ? `for ${source.organisation_codes.join(', ')}`
          : 'for any organisation',
        `staff ids of ${source.default_staff_id_system}`,
        ...(source.reads === 'none' ? [] : [`may read ${reads_words[source.reads]}`]),
        ...source.certificate_hashes.map((hash) => `certificate ${hash}`),
      ];
      return `${source.source}: ${notes.join('; ')}`;
    })
    .join('\n');
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        simulated: { type: 'boolean' },
        organisations: { type: 'string' },
        'staff-id-system': { type: 'string' },
        remove: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new CodedError('SOURCE_USAGE', usage, { cause });
  }
}
