// @ts-check
// Draws a place again under a reader's hands: news come at any time, also between the two halves of a press.

/** @type {WeakMap<Element, () => void>} what each place shows once nothing in it is pressed */
const waiting = new WeakMap();

/**
 * Draw a place again. A press whose button is replaced before it ends would be no click, so the place waits for its end;
 * the focus goes to the new control of the same name.
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
