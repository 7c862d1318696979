// A page's takeaway. The frame writes the sentence of the answer; a headline about one word follows
// the word that the picture below it shows.

import { onMark } from "../js/page.js";
import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";
import { headlineOf, WORD } from "./word.js";

class Headline {
  constructor(body, kit) {
    this.kit = kit;
    this.leave = onMark(WORD, this, () => this.say());
  }

  draw({ answer }) {
    this.answer = answer;
    this.say();
  }

  say() {
    if (!this.answer?.meta.headlines) return;
    this.kit.states.say(headlineOf(this.answer));
  }

  destroy() {
    this.leave();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.words,
  create: (body, kit) => new Headline(body, kit),
});
