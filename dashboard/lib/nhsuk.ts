/** Starts the NHS components' own JavaScript on the elements of a page; every page works without. */
import { createAll, Header, SkipLink } from 'nhsuk-frontend';

/** An attachment: `<div {@attach nhsuk}>`. */
export function nhsuk(scope: HTMLElement): void {
  createAll(SkipLink, undefined, scope);
  createAll(Header, undefined, scope);
}
