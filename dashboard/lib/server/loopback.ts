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

const forwarding_headers: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-host',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'true-client-ip',
]);

/** Whether `name` (in lower case) is a header by which proxies say for whom they ask. */
export function isForwardingHeader(name: string): boolean {
  return forwarding_headers.has(name) || name.startsWith('x-forwarded');
}
