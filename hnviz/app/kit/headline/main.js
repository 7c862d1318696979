// A page's takeaway. The frame writes the sentence of the answer; a headline about one word or unit
// follows the one that the picture below it shows.

import { onMark } from "../js/page.js";
import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";
import { headlineOf, UNIT, WORD } from "./word.js";

class Headline {
  constructor(body, kit) {
    this.kit = kit;
    this.ends = [WORD, UNIT].map((name) => onMark(name, this, () => this.say()));
  }

  draw({ answer }) {
    this.answer = answer;
    this.say();
  }

  say() {
    if (!this.answer?.meta.headlines && !this.answer?.meta.units) return;
    this.kit.states.say(headlineOf(this.answer));
  }

  destroy() {
    for (const end of this.ends) end();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.words,
  create: (body, kit) => new Headline(body, kit),
});
