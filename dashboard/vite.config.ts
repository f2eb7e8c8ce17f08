/** How the dashboard is built: SvelteKit's configuration, and what stays out of the bundle. */
import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Leaves `#sql/…` as it is, so that Node resolves it in the running process: one instance of sql/, with its loaded
 * statements and its error classes, then serves every service. The engine's packages are never bundled either, since
 * loading them in a build's worker crashes at exit.
 */
const ground_floor_stays_outside: Plugin = {
  name: 'ground-floor-stays-outside',
  enforce: 'pre',
  resolveId(id) {
    const is_outside = id.startsWith('#sql/') || /^(chdb|@clickhouse\/client)(\/|$)/.test(id);
    return is_outside ? { id, external: true } : undefined;
  },
};

const announcer_style = 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo=';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: [
    ground_floor_stays_outside,
    sveltekit({
      adapter: adapter({ out: `${here}build`, envPrefix: 'ACCESS_AUDIT_ADAPTER_' }),
      outDir: `${here}.svelte-kit`,
      files: {
        src: here,
        assets: `${here}static`,
        routes: `${here}routes`,
        appTemplate: `${here}app.html`,
        errorTemplate: `${here}error.html`,
        hooks: { server: `${here}hooks.server` },
      },
      // The same sources give the same build, whenever it is made.
      version: { name: 'access-audit', pollInterval: 0 },
      csp: {
        mode: 'nonce',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          // The one style attribute there is: SvelteKit's own, which hides its announcer of navigations.
          'style-src': ['self', 'unsafe-hashes', announcer_style],
          'img-src': ['self'],
          'font-src': ['self'],
          'connect-src': ['self'],
          'form-action': ['self'],
          'base-uri': ['none'],
          'frame-ancestors': ['none'],
          'object-src': ['none'],
        },
      },
    }),
  ],
  css: { preprocessorOptions: { scss: { quietDeps: true } } },
  build: { reportCompressedSize: false },
  logLevel: 'warn',
});
