/** Starts the NHS components' own JavaScript on the elements of a page; every page works without. */
import { createAll, Header, SkipLink } from 'nhsuk-frontend';

/** An attachment: `<div {@attach nhsuk}>`. */
export function nhsuk(scope: HTMLElement): void {
  // The components' own sign that scripts run; set from here, since an inline script would need the policy's leave.
  document.body.classList.add('js-enabled', 'nhsuk-frontend-supported');
  createAll(SkipLink, undefined, scope);
  createAll(Header, undefined, scope);
}
