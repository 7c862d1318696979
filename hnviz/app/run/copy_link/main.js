// @ts-check
// Copies the address of what the page shows. A link carries the run's settings, so that a reader who
// has no such run can train it; a locked one also hides the settings and opens in present mode.

import { copy } from "../../kit/js/clipboard.js";
import { maker } from "../../kit/js/make.js";
import { picture } from "../../kit/js/picture.js";
import { listenForPresent } from "../../kit/js/present.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { forAll, lacksOf, linkOf, longIn, withTyped } from "../../kit/js/link.js";

const SHOWN = 3000; // ms that "Copied" is shown; a warning about the link stays
const NAMES = { copy: "Copy link", lock: "Copy locked link" };
const EXPLAINED = {
  copy: "The address of what this page shows",
  lock: "For a class: without settings and without this sidebar",
};

class CopyLink {
  /**
   * @param {HTMLElement} body
   * @param {import("../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.app = kit.home;
    /** @type {"light"|"dark"|null} */
    this.mode = null;
    const make = maker(body);
    const line = make("div", "line");
    this.copy = this.button(make, line, "copy");
    this.lock = this.button(make, line, "lock");
    this.outcome = make("p", "outcome");
    this.outcome.setAttribute("role", "status");
    this.made = this.home = this.at = "";
    this.leave = listenForPresent(); // the buttons are on every page
  }

  /**
   * @param {ReturnType<typeof maker>} make
   * @param {HTMLElement} line
   * @param {"copy"|"lock"} kind
   */
  button(make, line, kind) {
    const button = /** @type {HTMLButtonElement} */ (make("button", "", line, NAMES[kind]));
    button.type = "button";
    button.title = EXPLAINED[kind];
    button.onclick = () => this.press(kind === "lock");
    return button;
  }

  /**
   * Python draws some parts of a page in the mode's colours: it draws them again when that changes.
   * @param {import("../../kit/js/picture.js").Drawing} drawing
   */
  draw({ settings, theme }) {
    const mode = theme.dark ? "dark" : "light";
    if (this.mode && this.mode !== mode) this.kit.report("mode", mode);
    this.mode = mode;
    this.made = settings.made;
    this.home = settings.home;
    if (this.at !== location.pathname) this.outcome.textContent = ""; // it was about another page's link
    this.at = location.pathname;
  }

  /** @param {boolean} locked */
  async press(locked) {
    const link = await this.shortened(linkOf(forAll(location.href, this.app, this.home), this.made, locked));
    const copied = await copy(link);
    const lacks = lacksOf(link);
    const said = copied ? "Copied" : `The browser did not let us copy the link; here it is: ${link}`;
    this.outcome.textContent = lacks.length ? [`${said}.`, ...lacks].join(" ") : said;
    clearTimeout(this.rest);
    if (copied && !lacks.length) this.rest = setTimeout(() => (this.outcome.textContent = ""), SHOWN);
  }

  /**
   * A link without long sentences: the server stores them beside the runs, and gives each a name. If it does not,
   * the link holds them.
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

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  create: (body, kit) => new CopyLink(body, kit),
});
