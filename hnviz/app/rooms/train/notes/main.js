// @ts-check
// Sentences about a run, which follow it.
//
// settings = { parts: fields of the topic "notes", or "lead", which comes with the news of every run,
//              folded: those in a fold, given: fields that never change, or are there before any news }

import { Following } from "../../../kit/js/following.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

const LEAD = "lead";
const RULER = "feed?feed_part=Batches";

class Notes {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    this.said = make("div", "said");
    this.fold = make("details", "hnviz-fold");
    this.fold.hidden = true;
    make("summary", "", this.fold, "How this was measured");
    this.measured = make("div", "", this.fold);
    const link = /** @type {HTMLAnchorElement} */ (make("a", "", make("p", "", this.fold), "Where the thin lines come from: the memory ruler"));
    link.href = new URL(RULER, kit.home).href;
    /** @type {Record<string, string>} */
    this.fields = {};
    this.following = new Following(kit, "notes", (news) => this.take(news));
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings, run }) {
    this.settings = settings;
    this.leads = settings.parts[0] === LEAD;
    this.said.classList.toggle("headline", this.leads);
    if (this.leads) this.said.setAttribute("aria-live", "polite");
    else if (this.following.of(run)) this.fields = {};
    this.show();
  }

  /** @param {Record<string, string>} news */
  take(news) {
    this.fields = { ...this.fields, ...news };
    this.show();
  }

  hear() {
    if (this.leads) this.show();
  }

  show() {
    const { parts, folded = [], given = {} } = this.settings;
    if (!this.leads && !Object.keys(this.fields).length) return;
    const lead = this.kit.timeline?.facts.lead ?? given.lead;
    const fields = /** @type {Record<string, string>} */ ({ ...given, ...this.fields, lead });
    write(this.said, parts, fields);
    write(this.measured, folded, fields);
    this.fold.hidden = !folded.length;
  }

  destroy() {
    this.following.leave();
  }
}

/**
 * Write fields below each other, where they have changed.
 * @param {HTMLElement} place
 * @param {string[]} names
 * @param {Record<string, string>} fields
 */
function write(place, names, fields) {
  const said = names.map((name) => fields[name] ?? "").filter(Boolean);
  const text = said.join("\n");
  if (text === place.dataset.text) return;
  place.dataset.text = text;
  place.replaceChildren();
  for (const sentence of said) maker(place)("p", "").append(...boldNodes(sentence));
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Notes(body, kit),
});
