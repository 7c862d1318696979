// A page's takeaway. The frame writes the sentence of the answer; a headline about one unit follows the
// one that the picture below it shows.

import { onMark } from "../js/page.js";
import { picture } from "../js/picture.js";
import { HAS_NONE } from "../js/tables.js";
import { headlineOf, UNIT } from "./unit.js";

class Headline {
  constructor(body, kit) {
    this.kit = kit;
    this.destroy = onMark(UNIT, this, () => this.say());
  }

  draw({ answer }) {
    this.answer = answer;
    this.say();
  }

  say() {
    if (this.answer?.meta.units) this.kit.states.say(headlineOf(this.answer));
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.words,
  create: (body, kit) => new Headline(body, kit),
});
