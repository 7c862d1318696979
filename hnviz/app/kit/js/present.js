// @ts-check
// Present mode: P switches it, Escape leaves it, and a class of the page follows the switch. page.css
// does the rest; with `:has` it would look at the switch again for each change of the page.

import { onVisit } from "./visits.js";

const SWITCH = ".st-key-present input";
const CLASS = "hn-present"; // hnviz/web/front.py gives it to a page that opens
const { classList } = globalThis.document?.documentElement ?? {}; // tests without a browser have none

onVisit(() => classList?.toggle(CLASS, new URL(location.href).searchParams.get("present") === "true"));

/** Whether a teacher's link has locked the page (hnviz/web/front.py). */
export const isLocked = () => document.documentElement.classList.contains("hn-locked");

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

/** Listen on the whole page; the returned function ends that. */
export function listenForPresent() {
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const toggle = /** @type {HTMLInputElement|null} */ (document.querySelector(SWITCH));
    const [from] = event.composedPath();
    const types = from instanceof Element && from.matches(FIELDS);
    const leaves = event.key === "Escape" && toggle?.checked;
    if (leaves || (!types && (event.key === "p" || event.key === "P"))) toggle?.click();
  };
  /** @param {Event} event */
  const follow = ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(SWITCH)) classList?.toggle(CLASS, target.checked);
  };
  document.addEventListener("keydown", press);
  document.addEventListener("change", follow);
  return () => {
    document.removeEventListener("keydown", press);
    document.removeEventListener("change", follow);
  };
}
