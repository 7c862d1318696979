// Words with their answers as bars, as the view describes them.

import { picture } from "../../../kit/js/picture.js";
import { Answers } from "./answers.js";
import { table } from "./table.js";

class AnswersPicture {
  constructor(body, kit) {
    this.answers = new Answers(body, kit);
  }

  draw({ answer, theme }) {
    this.answers.draw(answer.meta, theme);
  }

  destroy() {
    this.answers.destroy();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new AnswersPicture(body, kit),
});
