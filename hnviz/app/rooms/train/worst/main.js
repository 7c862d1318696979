// @ts-check
// The most costly mistakes with the words of one kind. The kind is a mark of the page: the bars of
// the picture above set it too. Both choices are in the address.

import { putInAddress } from "../../../kit/js/address.js";
import { mark, onMark, setMark } from "../../../kit/js/page.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";

const KIND = "train_worst_kind";
const SPLIT = "train_worst_split";

class Worst {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.row = document.createElement("div");
    this.row.className = "controls";
    this.said = document.createElement("p");
    this.said.className = "said";
    this.said.setAttribute("aria-live", "polite");
    this.places = document.createElement("div");
    this.note = document.createElement("p");
    this.note.className = "hnviz-note";
    body.append(this.row, this.said, this.places, this.note);
    this.split = "";
    this.leave = onMark("kind", this, () => this.kit.ask());
    this.shown = "";
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

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ answer, settings }) {
    const { kind, split } = this.params();
    if (!this.row.childElementCount) this.controls(settings);
    for (const button of this.row.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String([kind, split].includes(button.textContent ?? "")));
    }
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
    this.group("Most costly mistakes with", kinds, (kind) => {
      const picked = mark("kind") === kind ? null : kind;
      putInAddress(KIND, picked);
      setMark("kind", picked, this);
    });
    this.group("on", splits, (split) => {
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
    const group = document.createElement("div");
    group.className = "group";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    const label = document.createElement("span");
    label.textContent = name;
    group.append(label);
    for (const choice of choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = choice;
      button.onclick = () => {
        choose(choice);
        this.kit.ask();
      };
      group.append(button);
    }
    this.row.append(group);
  }

  destroy() {
    this.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  create: (body, kit) => new Worst(body, kit),
});
