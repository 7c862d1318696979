// @ts-check
// One picture fits the screen, and the rest of the page is hidden; Escape goes back. It is in the browser's top
// layer, where no part of the page can cover or cut it. The address names it.

import { inAddress, putInAddress } from "./address.js";
import { button } from "./parts.js";

const FIT = "fit"; // in the address
const CLASS = "hn-alone"; // of the page: page.css hides the rest
const NARROWEST = 900; // px that a picture has on a wide screen: a narrower one would be that of a phone
const SMALLEST = 0.4; // zoom
const ROUNDS = 7;
const LATER = 700; // ms until what is drawn late has its height

const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

export class Alone {
  /**
   * @param {HTMLElement} line
   * @param {import("./frame.js").Frame} frame of the picture
   * @param {HTMLElement} from what has the focus again afterwards
   */
  constructor(line, frame, from) {
    this.frame = frame;
    this.from = from;
    this.isOn = this.isAsked = false;
    this.round = 0; // of fits: a newer one ends the one before
    this.button = button(line, "Back to the page", () => this.leave(), "hnviz-alone");
    this.press = (/** @type {KeyboardEvent} */ event) => this.escape(event);
    this.resize = () => void this.fit();
  }

  /** The picture is drawn: the address may ask for it. */
  show() {
    if (this.isAsked) return;
    this.isAsked = true;
    if (inAddress(FIT) === this.frame.data.id) this.enter();
  }

  entries() {
    return [{ name: "Full screen", press: () => this.enter() }];
  }

  enter() {
    const { root, data } = this.frame;
    const place = /** @type {HTMLElement} */ (root.parentElement ?? /** @type {ShadowRoot} */ (root.getRootNode()).host);
    this.place = place;
    place.style.minHeight = `${root.offsetHeight}px`; // the page stays as it is
    root.popover = "manual";
    root.showPopover();
    this.isOn = true;
    this.mark(data.id);
    addEventListener("keydown", this.press, true);
    addEventListener("resize", this.resize);
    this.button.focus();
    this.fit();
    this.late = setTimeout(this.resize, LATER);
  }

  leave() {
    if (!this.isOn) return;
    const { root } = this.frame;
    clearTimeout(this.late);
    this.round += 1;
    this.isOn = false;
    root.hidePopover();
    root.removeAttribute("popover");
    root.style.zoom = "";
    root.classList.remove("fitting");
    if (this.place) this.place.style.minHeight = "";
    this.mark(null);
    removeEventListener("keydown", this.press, true);
    removeEventListener("resize", this.resize);
    this.from.focus();
  }

  /** @param {string|null} id of the picture that is alone */
  mark(id) {
    document.documentElement.classList.toggle(CLASS, this.isOn);
    putInAddress(FIT, id);
  }

  /** @param {KeyboardEvent} event */
  escape(event) {
    if (event.key !== "Escape" || this.frame.root.querySelector(".hnviz-more [open]")) return;
    event.stopPropagation(); // present mode stays
    this.leave();
  }

  /** Find the largest zoom at which all of it is on the screen. */
  async fit() {
    const { root } = this.frame;
    const round = (this.round += 1);
    let [low, high] = [SMALLEST, Math.max(1, innerWidth / NARROWEST)];
    const fits = async (/** @type {number} */ zoom) => {
      root.style.zoom = String(zoom);
      await frames(); // it draws itself for its new width
      return root.scrollHeight <= root.clientHeight;
    };
    root.classList.add("fitting");
    if (await fits(high)) low = high;
    for (let each = 0; each < ROUNDS && low < high && round === this.round; each++) {
      const zoom = (low + high) / 2;
      if (await fits(zoom)) low = zoom;
      else high = zoom;
    }
    if (round !== this.round) return;
    root.style.zoom = String(low);
    root.classList.remove("fitting");
  }

  destroy() {
    if (!this.isOn) return;
    const id = inAddress(FIT);
    this.leave();
    putInAddress(FIT, id); // the same picture may be drawn again
  }
}
