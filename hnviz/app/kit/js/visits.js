// @ts-check
// Visits: the address changes as a whole, by a lesson or the browser's Back. What the page's
// pictures keep beside the address then gives way to what the address says.

import { DOM } from "./streamlit.js";

let serial = 0;
/** @type {Set<() => void>} */
const listeners = new Set();

/** How many visits there have been in this tab. */
export const visits = () => serial;

/**
 * Call `hear` at each visit; the returned function ends that.
 * @param {() => void} hear
 */
export function onVisit(hear) {
  listeners.add(hear);
  return () => void listeners.delete(hear);
}

/**
 * Go to an address of this app as the browser's Back does: Streamlit then draws what it says. The
 * same address again is no new entry for Back, as with a link.
 * @param {URL} address
 * @param {boolean} instead of the present one, which leads nowhere
 */
export function visit(address, instead = false) {
  const isHere = inOrder(address) === inOrder(location);
  history[isHere || instead ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}

/**
 * An address with its parameters in one order: Streamlit writes them in an order of its own.
 * @param {{ href: string }} address
 */
export function inOrder({ href }) {
  const url = new URL(href);
  url.searchParams.sort();
  return url.href;
}

/** Take note of a visit. */
export function note() {
  serial += 1;
  for (const hear of listeners) hear();
}

/**
 * Follow a link to the page that is shown: Streamlit does nothing for one, whatever its parameters are.
 * @param {MouseEvent} event
 */
function follow(event) {
  const link = /** @type {HTMLAnchorElement|null} */ (/** @type {Element} */ (event.target).closest(`${DOM.pageLink} a`));
  if (!link || link.pathname !== location.pathname || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  visit(new URL(link.href));
}

globalThis.document?.addEventListener?.("click", follow, true);

// In the capture phase, before Streamlit begins to draw. Tests without a browser have no window.
globalThis.addEventListener?.("popstate", note, true);
