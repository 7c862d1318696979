// Words with their answers as bars, as the view describes them.

import { picture } from "../../../kit/js/picture.js";
import { Answers } from "./answers.js";

class AnswersPicture {
  constructor(body) {
    this.answers = new Answers(body);
  }

  draw({ answer, theme }) {
    this.answers.draw(answer.meta, theme);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  create: (body) => new AnswersPicture(body),
});
