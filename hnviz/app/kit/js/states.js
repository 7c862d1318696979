// @ts-check
// What a picture says around its drawing, and the state that it is in:
//
//   loading   nothing is drawn yet
//   ready     the drawing is the one asked for
//   stale     it is older: a newer answer takes long
//   empty     the run has no snapshot to draw
//   error     there is no newer one, and a sentence says why

import { Asked } from "./address.js";
import { maker } from "./make.js";
import { asSentence, boldNodes } from "./text.js";

export class States {
  /**
   * @param {HTMLElement} root
   * @param {string} css
   */
  constructor(root, css) {
    this.root = root;
    root.classList.add("frame");
    root.dataset.state = "loading";
    root.replaceChildren();
    const make = maker(root);
    make("style", "", root, css);
    this.sentence = make("p", "hnviz-sentence");
    const [vain, trouble] = [0, 1].map(() => make("p", "hnviz-trouble"));
    for (const each of [vain, trouble]) each.setAttribute("role", "alert");
    this.sentence.hidden = vain.hidden = trouble.hidden = true;
    this.trouble = trouble;
    /** What the address asks of the picture. */
    this.asked = new Asked((sentence) => write(vain, sentence));
    this.body = make("div", "hnviz-body");
    this.refused = ""; // what the view said last
    this.drawn = false; // once
  }

  /**
   * A drawing begins, under its sentence.
   * @param {string} sentence
   */
  begin(sentence) {
    this.drawn = true;
    delete this.body.dataset.waiting;
    this.say(sentence);
    this.complain("");
  }

  /**
   * A drawing is done.
   * @param {number|null} step
   */
  done(step) {
    Object.assign(this.root.dataset, { state: this.refused ? "error" : "ready", ready: "1", step: step ?? "" });
  }

  /** An answer takes long: the last drawing pales, or a word says that one is on its way. */
  linger() {
    if (this.drawn) {
      this.root.dataset.state = "stale";
      return;
    }
    this.say(""); // there is a snapshot by now
    this.body.dataset.waiting = "Loading …";
  }

  /**
   * There is no snapshot yet.
   * @param {import("./timeline.js").Timeline} timeline
   */
  wait({ listed, facts }) {
    if (this.drawn || !listed || !facts.status) return;
    this.say(
      facts.is_live
        ? "The first snapshot comes with the first step; the picture follows."
        : "This run ended before its first snapshot, so there is nothing to show; choose another run.",
    );
    this.root.dataset.state = "empty";
  }

  /** @param {string} sentence */
  say(sentence) {
    this.sentence.hidden = !sentence;
    this.sentence.replaceChildren(...boldNodes(sentence));
    this.root.dispatchEvent(new CustomEvent("hnviz:said", { bubbles: true, composed: true }));
  }

  /**
   * Say above the picture why there is no newer one; the last one stays.
   * @param {string} sentence
   * @param {(() => void)|null} again what asks once more, where that may help
   */
  complain(sentence, again = null) {
    const said = asSentence(sentence || this.refused);
    write(this.trouble, said);
    if (sentence && again) {
      const button = maker(this.trouble)("button", "hnviz-copy", this.trouble, "Try again");
      this.trouble.insertBefore(document.createTextNode(" "), button);
      button.addEventListener("click", () => {
        write(this.trouble, "");
        again();
      });
    }
    if (said) delete this.body.dataset.waiting;
    if (said) this.root.dataset.state = "error";
    else if (this.drawn) this.root.dataset.state = "ready";
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} sentence
 */
function write(element, sentence) {
  element.textContent = sentence;
  element.hidden = !sentence;
}
