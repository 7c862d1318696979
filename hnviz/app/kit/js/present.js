// @ts-check
// The keys of present mode: P switches it, Escape leaves it. page.css does the rest.

/** Whether a teacher's link has locked the page (hnviz/web/front.py). */
export const isLocked = () => document.documentElement.classList.contains("hn-locked");

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";

/** Listen on the whole page; the returned function ends that. */
export function listenForPresent() {
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const toggle = /** @type {HTMLInputElement|null} */ (document.querySelector(".st-key-present input"));
    const [from] = event.composedPath();
    const types = from instanceof Element && from.matches(FIELDS);
    const leaves = event.key === "Escape" && toggle?.checked;
    if (leaves || (!types && (event.key === "p" || event.key === "P"))) toggle?.click();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
