/** Which names the dashboard answers to: a name that is not ours, resolved to us, is how another site's page would reach it. */
import { CodedError } from '#sql/errors.ts';
import { isLoopbackName } from './loopback.ts';

/**
 * A check of the Host header.
 *
 * @param is_loopback whether the dashboard is bound to this machine alone; it then answers to loopback names too
 * @param allowed_hosts further names; one without a port is answered on every port
 * @throws CodedError CONFIG_INVALID, naming ALLOWED_HOSTS, where there is no name to answer to or one is no name
 */
export function createHostCheck(
  is_loopback: boolean,
  allowed_hosts: readonly string[],
): (header: string | undefined) => boolean {
  if (!is_loopback && allowed_hosts.length === 0) {
    throw new CodedError(
      'CONFIG_INVALID',
      'HOST is beyond this machine, and ALLOWED_HOSTS is not set. Set it to the names that people reach the dashboard by, such as audit.example.nhs.uk.',
    );
  }
  const allowed = allowed_hosts.map((text) => {
    const host = parseHost(text.trim());
    if (host) return host;
    throw new CodedError(
      'CONFIG_INVALID',
      `ALLOWED_HOSTS holds “${text}”, which is no name of a machine. Give names alone or with a port, such as audit.example.nhs.uk or audit.example.nhs.uk:3000.`,
    );
  });
  return (header) => {
    const asked = parseHost(header ?? '');
    if (!asked) return false;
    if (is_loopback && isLoopbackName(asked.name)) return true;
    return allowed.some(
      ({ name, port }) => name === asked.name && (port === undefined || port === asked.port),
    );
  };
}

function parseHost(text: string): { name: string; port: string | undefined } | undefined {
  const found = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i.exec(text);
  return found?.[1] === undefined ? undefined : { name: found[1].toLowerCase(), port: found[2] };
}
