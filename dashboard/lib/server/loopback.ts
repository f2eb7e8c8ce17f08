/** Whether a request came straight from this machine. */
const loopback_names = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

/** Whether `host` (a name, without port) is this machine's own. */
export function isLoopbackName(host: string): boolean {
  return loopback_names.has(host.toLowerCase());
}

/** A loopback Host, and no sign that a proxy passed it on: then the person sits at this machine. */
export function isLoopbackRequest(event: {
  readonly url: URL;
  readonly platform: { readonly req: { readonly is_forwarded: boolean } } | undefined;
}): boolean {
  return isLoopbackName(event.url.hostname) && event.platform?.req.is_forwarded === false;
}

/** Headers by which proxies say for whom they ask. */
export const forwarding_headers = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
] as const;
