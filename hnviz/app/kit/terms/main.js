// @ts-check
// The words of a page. Each is underlined where the prose first has it, and a press there explains it. One
// button opens a drawer over the sidebar, with the terms of the page in the order in which they appear. With
// settings.all the list is in the page itself, and has all words.

import { fetchOnce } from "../js/fetch.js";
import { maker } from "../js/make.js";
import { button } from "../js/parts.js";
import { picture } from "../js/picture.js";
import { DOM } from "../js/streamlit.js";
import { HAS_NONE } from "../js/tables.js";
import { Finder } from "./find.js";
import { link, List } from "./list.js";
import { isShown, isTaken, textsOf } from "./texts.js";

/** @typedef {import("./find.js").Term} Term */

const MARK = "hn-term"; // of the CSS highlight: page.css and kit.css underline it
const OPEN = "hn-worded"; // of the page while the drawer is open
const WAIT = 500; // ms without a change until the page is looked through again
const EDGE = 8; // px between the explanation and the window's edge

class Words {
  /**
   * @param {HTMLElement} body
   * @param {import("../js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.body = body;
    this.words = maker(body)("section", "hnviz-words");
    this.list = new List(this.words, kit.home);
    /** @type {Term[]} */
    this.glossary = [];
    /** @type {{ term: Term, range: Range }[]} */
    this.found = [];
    this.shown = "";
    this.page = document.querySelector(DOM.main) ?? document.body;
    this.watch = new MutationObserver(() => this.look());
    this.abort = new AbortController();
  }

  /** @param {import("../js/picture.js").Drawing} drawing */
  async draw({ settings, theme }) {
    if (!settings.all && !this.button) this.beside();
    if (this.button) Object.assign(this.button.style, { color: theme.text, background: theme.background, fontFamily: theme.font });
    if (this.glossary.length) return;
    this.glossary = await fetchOnce(new URL(settings.glossary, this.kit.home), "json");
    if (settings.all) return this.list.show(this.glossary, this.glossary);
    this.finder = new Finder(this.glossary);
    this.look();
  }

  /** Put the words into a drawer, and mark those of the page. */
  beside() {
    this.words.classList.add("drawer");
    this.words.popover = "manual"; // it stays open while the page is used
    this.words.setAttribute("aria-label", "Words that this page uses");
    const head = document.createElement("div");
    head.className = "head";
    maker(head)("b", "", head, "Words on this page");
    this.close = button(head, "\u00d7", () => this.show(false), "close");
    this.close.ariaLabel = "Close the words";
    this.words.prepend(head);
    const make = maker(this.words);
    const all = /** @type {HTMLAnchorElement} */ (make("a", "all", this.words, "All words"));
    all.href = new URL("words", this.kit.home).href;
    this.words.onkeydown = (/** @type {KeyboardEvent} */ event) => void (event.key === "Escape" && this.show(false));
    // The button is on the page itself, over the sidebar's header or Streamlit's: it takes no room of any page.
    this.button = button(document.body, "Words", () => this.show(!this.isOpen), "hn-words");
    this.button.title = "What the words on this page mean";
    this.button.ariaExpanded = "false";
    this.pop = /** @type {HTMLElement} */ (make("div", "pop", this.body));
    this.pop.popover = "auto";
    this.pop.setAttribute("role", "dialog");
    this.watch.observe(this.page, { childList: true, subtree: true, characterData: true });
    const { signal } = this.abort;
    this.page.addEventListener("hnviz:said", () => this.look(), { signal });
    this.page.addEventListener("click", (event) => this.press(/** @type {MouseEvent} */ (event)), { signal });
  }

  /** The page has changed. */
  look() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.mark(), WAIT);
  }

  mark() {
    if (!this.finder || !this.kit.root.isConnected) return;
    const texts = [...textsOf(this.page)].filter(isShown);
    const free = texts.filter(({ parentElement }) => !isTaken(parentElement));
    this.found = this.first(free).map(({ term, text, start, end }) => {
      const range = new Range();
      range.setStart(free[text], start);
      range.setEnd(free[text], end);
      return { term, range };
    });
    if ("highlights" in CSS) CSS.highlights.set(MARK, new Highlight(...this.found.map(({ range }) => range)));
    const terms = this.first(texts).map(({ term }) => term);
    const shown = JSON.stringify(terms.map(({ name }) => name));
    if (shown === this.shown) return;
    this.shown = shown;
    this.list.show(this.glossary, terms);
  }

  get isOpen() {
    return this.words.matches(":popover-open");
  }

  /** @param {boolean} isOpen */
  show(isOpen) {
    if (isOpen === this.isOpen) return;
    this.words.togglePopover(isOpen);
    document.documentElement.classList.toggle(OPEN, isOpen);
    if (this.button) this.button.ariaExpanded = String(isOpen);
    (isOpen ? this.close : this.button)?.focus();
  }

  /** @param {Text[]} texts */
  first(texts) {
    return this.finder?.first(texts.map(({ data }) => data)) ?? [];
  }

  /**
   * A press on a marked word explains it there.
   * @param {MouseEvent} event
   */
  press(event) {
    const [target] = event.composedPath();
    if (!(target instanceof Element) || isTaken(target) || !getSelection()?.isCollapsed) return;
    const { clientX: x, clientY: y } = event;
    for (const { term, range } of this.found) {
      const rect = [...range.getClientRects()].find(({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom);
      if (rect) return this.open(term, rect);
    }
  }

  /**
   * @param {Term} term
   * @param {DOMRect} at
   */
  open(term, at) {
    const { name, meaning } = term;
    const { pop } = this;
    if (!pop) return;
    const make = maker(pop);
    pop.replaceChildren();
    make("b", "", pop, name);
    make("p", "", pop, `${meaning[0].toUpperCase()}${meaning.slice(1)}.`);
    link(pop, term, this.kit.home);
    pop.setAttribute("aria-label", name);
    pop.showPopover();
    const zoom = /** @type {any} */ (pop).currentCSSZoom ?? 1; // present mode
    const { width, height } = pop.getBoundingClientRect();
    const left = Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE));
    const top = at.bottom + EDGE + height > innerHeight ? Math.max(EDGE, at.top - EDGE - height) : at.bottom + EDGE;
    Object.assign(pop.style, { left: `${left / zoom}px`, top: `${top / zoom}px` });
  }

  destroy() {
    if (!this.button) return; // the page of all words marks none
    clearTimeout(this.timer);
    this.watch.disconnect();
    this.abort.abort();
    this.button.remove();
    document.documentElement.classList.remove(OPEN);
    if ("highlights" in CSS) CSS.highlights.delete(MARK);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  early: true, // it marks the words of the whole page
  create: (body, kit) => new Words(body, kit),
});
