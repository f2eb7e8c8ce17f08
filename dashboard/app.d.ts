/** What SvelteKit knows of this application: what a request carries, and what an error page may say. */
import type { IncomingMessage } from 'node:http';
import type { Look } from './lib/server/own-audit.ts';
import type { Reader } from './lib/server/scope.ts';
import type { Services } from './lib/server/services.ts';
import type { Viewer } from './lib/server/sessions.ts';

declare global {
  namespace App {
    interface Error {
      status: number;
      message: string;
      /** What the reader can do about it; one sentence. */
      remedy?: string;
    }
    interface Locals {
      services: Services;
      /** Who is signed in; absent on pages that anyone may see. */
      viewer: Viewer | undefined;
      /** Reads on the viewer's behalf, within their scope. */
      reader: Reader;
      /** Writes a look to our own audit, and returns once it is on disk. A page is not served without. */
      record(look: Look): Promise<void>;
      is_recorded: boolean;
    }
    interface Platform {
      req: IncomingMessage & { services: Services; is_forwarded: boolean };
    }
  }
}
