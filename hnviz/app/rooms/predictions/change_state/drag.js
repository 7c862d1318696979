// @ts-check
// Follows one pointer that drags a thing, until it lets go. Whatever else happens ends the drag without a landing.

const APART = 6; // px of a mouse or a pen until a press is a drag
const HELD = 350; // ms that a finger rests on a thing which scrolls with the page
const SLIPS = 10; // px that it may move meanwhile

/**
 * @template Thing
 * @typedef {{ take: (event: PointerEvent) => { thing: Thing, scrolls: boolean }|null, begin: (thing: Thing) => void,
 *             move: (x: number, y: number, isTouch: boolean) => void, land: () => boolean, end: (landed: boolean) => void }} Hand
 *   take   what a pointer would drag, and whether a finger there scrolls the page unless it rests first
 *   begin  the drag begins; then `move` for each place of the pointer, in px of the window
 *   land   the pointer lets go: whether there is something below it that takes the thing
 *   end    the drag is over
 */

/** @template Thing */
export class Drag {
  /**
   * @param {HTMLElement} host
   * @param {Hand<Thing>} hand
   */
  constructor(host, hand) {
    this.host = host;
    this.hand = hand;
    /** @type {{ id: number, x: number, y: number, isTouch: boolean, thing: Thing, scrolls: boolean }|null} */
    this.press = null;
    this.isOn = false;
    this.rest = 0;
    /** @type {AbortController|null} ends the listeners of one press */
    this.heard = null;
    host.addEventListener("pointerdown", (event) => this.down(event));
    // A finger that has begun to drag no longer scrolls; the browser asks so from the first move on.
    host.addEventListener("touchmove", (event) => this.isOn && event.preventDefault(), { passive: false });
    this.stay = new AbortController();
    // From the beginning, so that Escape ends the drag before it ends full screen.
    addEventListener("keydown", (event) => this.key(event), { signal: this.stay.signal, capture: true });
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (this.press || event.button !== 0 || !event.isPrimary) return;
    const taken = this.hand.take(event);
    if (!taken) return;
    const isTouch = event.pointerType === "touch";
    this.press = { id: event.pointerId, x: event.clientX, y: event.clientY, isTouch, thing: taken.thing, scrolls: isTouch && taken.scrolls };
    this.host.setPointerCapture(event.pointerId);
    this.listen();
    if (this.press.scrolls) this.rest = window.setTimeout(() => this.begin(), HELD);
  }

  listen() {
    this.heard = new AbortController();
    const look = { signal: this.heard.signal, capture: true };
    const end = () => this.end();
    this.host.addEventListener("pointermove", (event) => this.move(event), look);
    this.host.addEventListener("pointerup", (event) => this.up(event), look);
    for (const name of ["pointercancel", "lostpointercapture"]) this.host.addEventListener(name, end, look);
    addEventListener("pointerdown", (event) => void (event.pointerId !== this.press?.id && this.end()), look);
    addEventListener("blur", end, { signal: this.heard.signal }); // of the window; a field loses the focus to each press
    addEventListener("contextmenu", (event) => this.menu(event), look);
  }

  begin() {
    clearTimeout(this.rest);
    if (!this.press) return;
    this.isOn = true;
    this.hand.begin(this.press.thing);
    this.hand.move(this.press.x, this.press.y, this.press.isTouch);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { press } = this;
    if (!press || event.pointerId !== press.id) return;
    if (!(event.buttons & 1)) return this.end(); // let go where nobody heard it
    const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
    if (!this.isOn && press.scrolls) return void (far > SLIPS && this.end());
    if (!this.isOn && far < APART) return;
    if (!this.isOn) this.begin();
    this.hand.move(event.clientX, event.clientY, press.isTouch);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (event.pointerId !== this.press?.id) return;
    if (this.isOn) this.hand.move(event.clientX, event.clientY, this.press.isTouch);
    this.end(this.isOn && this.hand.land());
  }

  /** A finger that rests asks for a menu, which would end the drag; a mouse gets its own. @param {Event} event */
  menu(event) {
    if (this.press?.isTouch) event.preventDefault();
    else this.end();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Escape" || !this.isOn) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.end();
  }

  destroy() {
    this.end();
    this.stay.abort();
  }

  end(landed = false) {
    const { press, isOn } = this;
    clearTimeout(this.rest);
    this.heard?.abort();
    this.press = this.heard = null;
    this.isOn = false;
    if (press && this.host.hasPointerCapture(press.id)) this.host.releasePointerCapture(press.id);
    if (isOn) this.hand.end(landed);
  }
}
