// @ts-check
// The callout: a ring with an arrow around what a step points at, or a cover until a guess.

import { maker } from "../../kit/js/make.js";
import { COLLAPSED, DOM } from "../../kit/js/streamlit.js";

const MARGIN = 6; // px between the ring and what it rings
const AIR = 112; // px above what is scrolled to: the page's bar, and the arrow
const AIR_ON_A_PHONE = 64; // the arrow is over the bar
const ARROW = 44; // px above the ring; without them it is inside
const SETTLES = 60000; // ms in which pictures may still come, on a slow computer, and move the page, so that it scrolls again
const GUESSING = "hn-guessing"; // on the page: lesson.css hides all that may say the answer
const TURNING = "hn-turning"; // on the page: lesson.css hides it all, as it is still an earlier step's
const LONGEST_TURN = 10000; // ms
// A fold opens, and Streamlit draws its parts, in the machine's own time: so it is counted in frames.
const LONGEST_REST = 100; // frames in which a page that was drawn may still change its height unseen
const RESTS = 8; // frames without such a change

/** @param {string} point */
const find = (point) => {
  const name = CSS.escape(point);
  return /** @type {HTMLElement|null} */ (document.querySelector(`[data-picture="${name}"], [data-holds~="${name}"], .st-key-${name}`));
};

export class Callout {
  /**
   * @param {() => DOMRect} dock where the lesson's panel is, which covers the page
   */
  constructor(dock) {
    this.dock = dock;
    const make = maker(document.body);
    this.ring = make("div", "hn-callout");
    this.ring.setAttribute("aria-hidden", "true");
    this.ring.hidden = true; // until it has a place
    make("b", "hn-callout-arrow", this.ring);
    this.point = "";
    this.isHidden = false;
    /** @type {HTMLElement|null} */
    this.target = null;
    this.until = 0; // scrolls to it again before this time
    this.due = 0; // the next frame's number
    this.rest = 0; // the number of the frame in which it is seen whether the page rests
    const later = () => {
      if (!this.due) this.due = requestAnimationFrame(() => this.place());
    };
    this.sizes = new ResizeObserver(() => {
      this.follow(); // before the page is painted, so nobody sees a jump
      later();
    });
    this.changes = new MutationObserver(later);
    const named = { attributes: true, attributeFilter: ["data-picture", COLLAPSED] };
    this.changes.observe(document.body, { childList: true, subtree: true, ...named });
    this.touched = () => (this.until = 0); // the reader scrolls from here on
    this.later = later;
    addEventListener("scroll", later, true);
    addEventListener("resize", later);
    for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(event, this.touched, true);
  }

  /**
   * @param {string} point a picture's or a control's name; "" for nothing
   * @param {string} cover the words on what hides it; "" if it is in sight
   */
  show(point, cover) {
    const isHidden = cover !== "";
    this.ring.dataset.cover = cover;
    if (point === this.point && isHidden === this.isHidden && this.target?.isConnected) return;
    // Also at the reveal: the key that asked for it has ended the following.
    if (point !== this.point || isHidden !== this.isHidden) this.until = performance.now() + SETTLES;
    document.documentElement.classList.toggle(GUESSING, isHidden);
    this.uncover();
    Object.assign(this, { point, isHidden });
    this.later();
  }

  /** The step changes: hide the page until it is drawn for the new one. */
  turn() {
    document.documentElement.classList.add(TURNING);
    clearTimeout(this.timer);
    cancelAnimationFrame(this.rest);
    this.timer = setTimeout(() => this.reveal(), LONGEST_TURN);
    this.later();
  }

  /** The page is drawn for the step: show it, once its folds have opened. */
  arrive() {
    if (!document.documentElement.classList.contains(TURNING)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reveal(), LONGEST_TURN);
    const content = document.querySelector(DOM.content);
    let [height, still, frames] = [0, 0, 0];
    const look = () => {
      const now = content?.scrollHeight ?? 0;
      const isComing = Boolean(content?.querySelector(DOM.skeleton)); // its script may still be loading
      still = now === height && !isComing ? still + 1 : 0;
      height = now;
      frames += isComing ? 0 : 1;
      if (still < RESTS && frames < LONGEST_REST) this.rest = requestAnimationFrame(look);
      else this.reveal();
    };
    cancelAnimationFrame(this.rest);
    if (document.hidden) this.reveal(); // it has no frames
    else look();
  }

  reveal() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.rest);
    document.documentElement.classList.remove(TURNING);
    this.until = performance.now() + SETTLES; // two steps may point at the same
    this.later();
  }

  uncover() {
    this.target?.removeAttribute("data-covered");
    this.sizes.disconnect();
    this.target = null;
  }

  place() {
    this.due = 0;
    if (document.documentElement.classList.contains(TURNING)) return void (this.ring.hidden = true);
    if (!this.target?.isConnected) {
      this.target = this.point ? find(this.point) : null;
      // What is above it may grow, too, and move it.
      const all = this.target?.closest(DOM.content);
      for (const each of [this.target, all]) if (each) this.sizes.observe(each);
    }
    this.ring.hidden = !this.target;
    if (!this.target) return;
    this.target.toggleAttribute("data-covered", this.isHidden);
    this.follow();
    this.draw(this.target.getBoundingClientRect());
  }

  /** Where the page is seen: beside the panel, or above it on a phone. */
  window() {
    const main = document.querySelector(DOM.main)?.getBoundingClientRect() ?? new DOMRect(0, 0, innerWidth, innerHeight);
    const dock = this.dock();
    const below = dock.width > innerWidth / 2; // the panel is docked at the bottom
    return {
      left: main.left,
      top: Math.max(0, main.top),
      right: below ? main.right : Math.min(main.right, dock.left),
      bottom: below ? Math.min(main.bottom, dock.top) : main.bottom,
      air: below ? AIR_ON_A_PHONE : AIR,
      isBehind: below && document.querySelector(DOM.shownSidebar) !== null,
    };
  }

  /** Keep the step's target in view until the reader scrolls. */
  follow() {
    if (!this.target || performance.now() > this.until) return;
    if (!document.documentElement.classList.contains(TURNING)) this.scroll(this.target);
  }

  /** @param {HTMLElement} target */
  scroll(target) {
    const scrolls = document.querySelector(DOM.main) ?? document.scrollingElement;
    const { top, bottom, air } = this.window();
    const box = target.getBoundingClientRect();
    const room = bottom - top - air;
    const wanted = top + air + Math.max(0, (room - box.height) / 2);
    if (box.top >= top + air - 8 && box.bottom <= bottom) return; // it is in sight
    const by = box.top - wanted;
    const pressed = this.isHidden ? null : target.querySelector("[aria-pressed=true]"); // such as a lane
    const chosen = pressed?.getBoundingClientRect();
    const below = chosen ? chosen.bottom + MARGIN - by - bottom : 0;
    scrolls?.scrollBy({ top: by + Math.max(0, below), behavior: "instant" });
  }

  /** @param {DOMRect} box */
  draw(box) {
    const seen = this.window();
    const left = Math.max(seen.left + 2, box.left - MARGIN);
    const top = Math.max(seen.top - 4, box.top - MARGIN);
    const right = Math.min(seen.right - 2, box.right + MARGIN);
    const bottom = Math.min(seen.bottom + 4, box.bottom + MARGIN);
    this.ring.hidden = seen.isBehind || right <= left || bottom <= top;
    this.ring.classList.toggle("hn-covered", this.isHidden);
    this.ring.classList.toggle("hn-inside", top < ARROW);
    Object.assign(this.ring.style, {
      translate: `${left}px ${top}px`, // no layout shift, as left and top would be
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
  }

  /** @param {Record<string, string>} colors */
  dress(colors) {
    for (const [name, color] of Object.entries(colors)) this.ring.style.setProperty(`--hn-${name}`, color);
  }

  end() {
    clearTimeout(this.timer);
    document.documentElement.classList.remove(GUESSING, TURNING);
    cancelAnimationFrame(this.due);
    cancelAnimationFrame(this.rest);
    this.uncover();
    this.changes.disconnect();
    removeEventListener("scroll", this.later, true);
    removeEventListener("resize", this.later);
    for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) removeEventListener(event, this.touched, true);
    this.ring.remove();
  }
}
