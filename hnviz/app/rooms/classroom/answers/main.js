// @ts-check
// The class's answers: a row for each step, and the revealed one over the truth.
//
// settings = { live, questions: { step: {lesson, kind, ask, why, answers, ...} }, news? }

import { overlay } from "../../../kit/class/overlay.js";
import { TAKE_BACK, TAKES_BACK } from "../../../kit/class/lectern.js";
import { TeacherLine } from "../../../kit/class/teacher.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes, plainText } from "../../../kit/js/text.js";
import { becauses } from "./because.js";
import { answersTable } from "./table.js";

/** @typedef {import("../../../kit/class/teacher.js").News} News */

class Answers {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.make = maker(body);
    const root = this.make("div", "answers", body);
    this.none = this.make("p", "none", root, "Nobody has answered yet. Answers appear here as they come.");
    this.rows = this.make("ul", "rows", root);
    this.rows.tabIndex = 0;
    this.rows.setAttribute("aria-label", "The steps that the class has answered");
    this.rows.hidden = true;
    this.place = this.make("section", "shown", root);
    this.place.setAttribute("aria-live", "polite");
    /** @type {Map<string, { item: HTMLElement, n: HTMLElement, button: HTMLButtonElement }>} */
    this.lines = new Map();
    /** @type {Map<string, News>} */
    this.revealed = new Map();
    this.shown = ""; // the step whose answers are drawn
    /** @type {TeacherLine|undefined} */
    this.line = undefined;
    /** @type {(() => void)|undefined} */
    this.leave = undefined;
    this.asked = ""; // the step that a press has just revealed
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ settings }) {
    this.questions = settings.questions;
    if (settings.live) {
      this.line ??= TeacherLine.of(this.kit.home);
      this.leave ??= this.line.follow((news) => this.take(news));
    } else for (const news of settings.news) this.take(news);
    this.paint();
  }

  /** @param {News} news */
  take(news) {
    if (news.step && news.covered) {
      this.revealed.delete(news.step);
      if (news.step === this.shown) this.show("");
      return;
    }
    if (news.step) {
      this.revealed.set(news.step, news);
      if (news.step === this.asked || !this.shown) this.show(news.step);
      return;
    }
    const steps = news.steps ?? [];
    this.none.hidden = steps.length > 0;
    this.rows.hidden = !steps.length;
    for (const [step, n, of, isShown] of steps) this.row(step, n, of, isShown);
    for (const [step] of steps) this.rows.append(/** @type {any} */ (this.lines.get(step)).item);
  }

  /**
   * @param {string} step
   * @param {number} n
   * @param {number} of
   * @param {boolean} isShown
   */
  row(step, n, of, isShown) {
    const line = this.lines.get(step) ?? this.newLine(step);
    line.n.textContent = of > n ? `${n} of ${of} answered` : `${n} answered`;
    line.n.title = "Of the students who are here now or have answered";
    line.button.textContent = isShown ? "Show" : "Reveal";
    line.button.className = isShown ? "" : "primary";
    line.button.title = isShown ? "Show the answers below" : "Show everyone what the class answered; the step then takes no more answers";
    line.button.onclick = () => (isShown ? this.show(step) : this.reveal(step, line.button));
  }

  /** @param {string} step */
  newLine(step) {
    const { lesson, ask } = this.question(step);
    const item = this.make("li", "", this.rows);
    const asked = this.make("div", "asked", item, ask);
    this.make("small", "", asked, `${lesson}, step ${step.slice(step.lastIndexOf(".") + 1)}`);
    const line = { item, n: this.make("span", "n", item), button: this.make("button", "", item) };
    line.button.type = "button";
    this.lines.set(step, line);
    return line;
  }

  /** @param {string} step */
  question(step) {
    return this.questions?.[step] ?? { lesson: step, ask: "" };
  }

  /**
   * @param {string} step
   * @param {HTMLButtonElement} button
   */
  async reveal(step, button) {
    this.asked = step;
    await this.press(button, () => this.line?.reveal(step));
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {() => unknown} act
   */
  async press(button, act) {
    button.disabled = true;
    this.kit.refuse("");
    try {
      await act();
    } catch (error) {
      this.kit.refuse(/** @type {Error} */ (error).message);
    }
    button.disabled = false;
  }

  /** @param {string} step */
  show(step) {
    this.shown = step;
    for (const [name, { item }] of this.lines) item.toggleAttribute("aria-current", name === step);
    this.paint();
  }

  paint() {
    const news = this.revealed.get(this.shown);
    const width = this.place.clientWidth;
    if (!news) this.place.replaceChildren();
    if (!news || !width || !this.questions?.[this.shown]) return;
    const question = this.question(this.shown);
    this.place.replaceChildren();
    this.make("h3", "", this.place, question.ask);
    this.make("p", "", this.place).append(...boldNodes(news.sentence ?? ""));
    this.place.append(overlay(question, news.values ?? [], Math.min(width, 860), plainText(news.sentence ?? "")));
    for (const { n, said, text } of becauses(question, news.values ?? [])) {
      this.make("p", "because", this.place).append(...boldNodes(`**${n} answered ${said}.** ${text}`));
    }
    this.make("p", "why", this.place, question.why);
    if (this.line) this.drawTakeBack(this.line, this.shown);
    this.kit.table?.changed();
  }

  /**
   * @param {TeacherLine} line
   * @param {string} step
   */
  drawTakeBack(line, step) {
    const button = /** @type {HTMLButtonElement} */ (this.make("button", "", this.place, TAKE_BACK));
    Object.assign(button, { type: "button", title: TAKES_BACK, onclick: () => this.press(button, () => line.cover(step)) });
  }

  tables() {
    const news = this.revealed.get(this.shown);
    return news && this.questions?.[this.shown] ? [answersTable(this.question(this.shown), news.values ?? [])] : [];
  }

  destroy() {
    this.leave?.();
  }
}

export const render = picture({
  styles: [new URL("style.css", import.meta.url), new URL("../../../kit/class/overlay.css", import.meta.url)],
  table: (_, view) => view.tables(),
  create: (body, kit) => new Answers(body, kit),
});
