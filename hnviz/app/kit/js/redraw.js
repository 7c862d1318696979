// @ts-check
// Redraws a place while somebody uses it: news arrives at any time, even in the middle of a press.

/** @type {WeakMap<Element, () => void>} what each place shows once nothing in it is pressed */
const waiting = new WeakMap();

/**
 * Redraw a place. A browser drops a click if its button is replaced during the press, so the place waits until the press
 * ends. The focus moves to the new control with the same name.
 * @param {Element} host
 * @param {() => void} draw
 */
export function redraw(host, draw) {
  const isWaiting = waiting.has(host);
  waiting.set(host, draw);
  if (!isWaiting) whenFree(host);
}

/** @param {Element} host */
function whenFree(host) {
  if (host.querySelector(":is(a, button):active")) return void requestAnimationFrame(() => whenFree(host));
  const draw = waiting.get(host);
  waiting.delete(host);
  const { activeElement } = /** @type {Document|ShadowRoot} */ (host.getRootNode());
  const name = host.contains(activeElement) && nameOf(activeElement);
  draw?.();
  if (!name || host.contains(activeElement)) return;
  const found = [...host.querySelectorAll("a, button")].find((each) => nameOf(each) === name);
  if (found) /** @type {HTMLElement} */ (found).focus({ preventScroll: true });
}

/** @param {Element|null} control */
const nameOf = (control) => control?.getAttribute("aria-label") ?? control?.textContent ?? "";
