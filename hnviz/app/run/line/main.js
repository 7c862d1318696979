// @ts-check
// The sidebar's run: its name, status and step, from the news of the run and its slider; and buttons that copy the
// address of what the page shows. A link carries the run's settings, so a reader without the run can train it; a
// locked link also hides the settings and opens in present mode.

import { copy } from "../../kit/js/clipboard.js";
import { forAll, lacksOf, linkOf, longIn, withTyped } from "../../kit/js/link.js";
import { maker } from "../../kit/js/make.js";
import { button } from "../../kit/js/parts.js";
import { picture } from "../../kit/js/picture.js";
import { listenForPresent } from "../../kit/js/present.js";
import { DOM } from "../../kit/js/streamlit.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { lineText } from "./words.js";

const SHOWN = 3000; // ms that "Copied" is shown; a warning about the link stays

class Line {
  /**
   * @param {HTMLElement} body
   * @param {import("../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    /** @type {"light"|"dark"|null} */
    this.mode = null;
    const make = maker(body);
    this.told = make("p", "line");
    const links = make("div", "links");
    button(links, "Copy link", () => this.copy(false)).title = "The address of what this page shows";
    button(links, "Copy locked link", () => this.copy(true)).title = "For a class: without settings and without this sidebar";
    this.outcome = make("p", "outcome");
    this.outcome.setAttribute("role", "status");
    this.at = "";
    this.leave = listenForPresent(); // the sidebar is on every page
    eachPageFromItsTop();
  }

  /**
   * Python draws some parts of a page in the mode's colours: it draws them again when that changes.
   * @param {import("../../kit/js/picture.js").Drawing} drawing
   */
  draw({ settings, theme }) {
    const mode = theme.dark ? "dark" : "light";
    if (this.mode && this.mode !== mode) this.kit.report("mode", mode);
    this.mode = mode;
    this.settings = settings;
    // On a phone the sidebar is shut: page.css shows where the reader is.
    const header = /** @type {HTMLElement|null} */ (document.querySelector(DOM.header));
    if (header && settings.page) header.dataset.page = settings.page;
    if (this.at !== location.pathname) this.outcome.textContent = ""; // it was about another page's link
    this.at = location.pathname;
    if (this.kit.timeline) this.kit.expect(this.kit.timeline.known, "news of the run");
    this.hear();
  }

  hear() {
    if (!this.kit.timeline) return;
    const { facts, trouble, step, newest } = this.kit.timeline;
    // The run bar says when a snapshot is missing.
    this.told.textContent = facts.status ? lineText(facts, newest ? null : step) : trouble;
  }

  /** @param {boolean} locked */
  async copy(locked) {
    const { made, home } = this.settings;
    const link = await this.shortened(linkOf(forAll(location.href, this.kit.home, home), made, locked));
    const copied = await copy(link);
    const lacks = lacksOf(link);
    const said = copied ? "Copied" : `The browser did not let us copy the link; here it is: ${link}`;
    this.outcome.textContent = lacks.length ? [`${said}.`, ...lacks].join(" ") : said;
    clearTimeout(this.rest);
    if (copied && !lacks.length) this.rest = setTimeout(() => (this.outcome.textContent = ""), SHOWN);
  }

  /**
   * A link without long sentences: the server stores them beside the runs and gives each a name. If it fails, the
   * link holds them.
   * @param {string} link
   */
  async shortened(link) {
    const text = longIn(link);
    if (!text) return link;
    try {
      const { name } = await this.kit.source.post("api/typed", { text });
      return withTyped(link, name);
    } catch {
      return link;
    }
  }

  destroy() {
    clearTimeout(this.rest);
    this.leave();
  }
}

let path = ""; // of the page that began at its top
/** @type {MutationObserver|null} */
let pageChange = null;

/**
 * Scroll to the top when another page comes: Streamlit keeps the place where the reader was. A
 * MutationObserver is called before a change is painted; the line itself is drawn a frame or more
 * later. One observer stays for good: a line that is drawn again with the page would miss the change.
 */
function eachPageFromItsTop() {
  path ||= location.pathname;
  toTheTop();
  pageChange ??= new MutationObserver(toTheTop);
  pageChange.observe(document.body, { childList: true, subtree: true });
}

function toTheTop() {
  if (location.pathname === path) return;
  path = location.pathname;
  document.querySelector(DOM.main)?.scrollTo(0, 0);
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Line(body, kit),
});
