// @ts-check
// Present mode: P switches it, Escape leaves it, and a class of the page follows the switch. page.css
// does the rest; with `:has` it would look at the switch again for each change of the page. The sidebar is
// away then; a button, or M, brings it over the page until a page is chosen.

import { DOM } from "./streamlit.js";
import { onVisit } from "./visits.js";

const SWITCH = ".st-key-present input";
const CLASS = "hn-present"; // hnviz/web/page.py gives it to a page that opens
const MENU = "hn-menu"; // the sidebar is over the page
const { classList } = globalThis.document?.documentElement ?? {}; // tests without a browser have none

onVisit(() => classList?.toggle(CLASS, new URL(location.href).searchParams.get("present") === "true"));

/** Whether a teacher's link has locked the page (hnviz/web/page.py). */
export const isLocked = () => document.documentElement.classList.contains("hn-locked");

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

/** Listen on the whole page; the returned function ends that. */
export function listenForPresent() {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "hn-pages", textContent: "Pages", title: "Show all pages: M" });
  document.body.append(button);
  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    if (isOpen === classList?.contains(MENU)) return;
    classList?.toggle(MENU, isOpen);
    button.ariaExpanded = String(isOpen);
    if (isOpen) /** @type {HTMLElement|null} */ (document.querySelector(DOM.navLink))?.focus();
    else button.focus();
  };
  button.ariaExpanded = "false";
  button.onclick = () => open(!classList?.contains(MENU));
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const toggle = /** @type {HTMLInputElement|null} */ (document.querySelector(SWITCH));
    const [from] = event.composedPath();
    const types = from instanceof Element && from.matches(FIELDS);
    const key = event.key.toLowerCase();
    if (key === "escape" && classList?.contains(MENU)) return open(false);
    if (!types && key === "m" && toggle?.checked && !isLocked()) return open(!classList?.contains(MENU));
    const leaves = key === "escape" && toggle?.checked;
    if (leaves || (!types && key === "p")) toggle?.click();
  };
  /** @param {Event} event */
  const choose = ({ target }) => {
    if (target instanceof Element && target.closest(DOM.navLink)) open(false);
  };
  /** @param {Event} event */
  const follow = ({ target }) => {
    if (!(target instanceof HTMLInputElement && target.matches(SWITCH))) return;
    classList?.toggle(CLASS, target.checked);
    classList?.remove(MENU);
  };
  document.addEventListener("keydown", press);
  document.addEventListener("change", follow);
  document.addEventListener("click", choose);
  return () => {
    button.remove();
    classList?.remove(MENU);
    document.removeEventListener("click", choose);
    document.removeEventListener("keydown", press);
    document.removeEventListener("change", follow);
  };
}
