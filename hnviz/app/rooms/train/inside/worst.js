// @ts-check
// Below the bars: the most costly mistakes with the words of one kind. The kind is a mark of the page,
// which the bars set too. Both choices are in the address.

import { putInAddress } from "../../../kit/js/address.js";
import { maker } from "../../../kit/js/make.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { Choices } from "../../../kit/js/parts.js";
import { boldNodes } from "../../../kit/js/text.js";

const KIND = "train_worst_kind";
const SPLIT = "train_worst_split";

/**
 * Pick a kind, or no longer.
 * @param {string} kind
 * @param {unknown} from
 */
export function pickKind(kind, from) {
  const picked = mark("kind") === kind ? null : kind;
  putInAddress(KIND, picked);
  setMark("kind", picked, from);
}

export class Worst {
  /**
   * @param {HTMLElement} parent
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(parent, kit) {
    this.kit = kit;
    const make = maker(parent);
    this.row = make("div", "groups");
    this.said = make("p", "places-said");
    this.said.setAttribute("aria-live", "polite");
    this.places = make("div", "");
    this.note = make("p", "hnviz-note");
    this.split = "";
    this.shown = "";
    this.leave = onMark("kind", this, () => this.kit.ask());
  }

  /** What is asked depends on the two choices. */
  params() {
    const { kinds, splits } = this.kit.data.settings;
    if (!this.split) {
      this.split = this.kit.asked.choice(SPLIT, splits, splits.at(-1));
      if (mark("kind") === null) setMark("kind", this.kit.asked.choice(KIND, kinds, null), this);
    }
    return { kind: mark("kind") ?? "", split: this.split };
  }

  /**
   * @param {import("../../../kit/js/arrays.js").Answer|null} answer
   * @param {{ kinds: string[], splits: string[] }} settings
   */
  show(answer, settings) {
    const { kind, split } = this.params();
    if (!this.kinds) this.controls(settings);
    this.kinds?.show(kind);
    this.splits?.show(split);
    const sentence = answer?.sentence || "Choose a kind, here or at its bar, to see where its words cost most.";
    this.said.replaceChildren(...boldNodes(sentence));
    const { html = "", note = "" } = answer?.meta ?? {};
    // Python drew it, with its texts escaped.
    if (html !== this.shown) this.places.innerHTML = html;
    this.shown = html;
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  /** @param {{ kinds: string[], splits: string[] }} settings */
  controls({ kinds, splits }) {
    this.kinds = this.group("Most costly mistakes with", kinds, (kind) => pickKind(kind, this));
    this.splits = this.group("on", splits, (split) => {
      this.split = split;
      putInAddress(SPLIT, split === "valid" ? null : split);
    });
  }

  /**
   * @param {string} name
   * @param {string[]} choices
   * @param {(choice: string) => void} choose
   */
  group(name, choices, choose) {
    const make = maker(this.row);
    const group = make("div", "group");
    make("span", "", group, name);
    return new Choices(group, name, choices, (choice) => {
      choose(choice);
      this.kit.ask();
    });
  }

  destroy() {
    this.leave();
  }
}
