// @ts-check
// The class's answers: a row for each step, and one step's answers over the truth: those that everyone sees, or an open
// vote that the teacher alone looks at.
//
// settings = { live, questions: { step: {lesson, kind, ask, why, answers, ...} }, news? }

import { overlay } from "../../../kit/class/overlay.js";
import { DISCUSS, DISCUSSES, TAKE_BACK, TAKES_BACK } from "../../../kit/class/lectern.js";
import { TeacherLine } from "../../../kit/class/teacher.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { redraw } from "../../../kit/js/redraw.js";
import { boldNodes, plainText } from "../../../kit/js/text.js";
import { absentText } from "./absent.js";
import { becauses } from "./because.js";
import { answersTables } from "./table.js";

/** @typedef {import("../../../kit/class/teacher.js").News} News */
/** @typedef {import("../../../kit/class/teacher.js").Vote} Vote */

const REVEALS = "Show everyone what the class answered; the step then takes no more answers";

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
    this.csv = /** @type {HTMLAnchorElement} */ (this.make("a", "csv", root, "Answers as CSV"));
    Object.assign(this.csv, { download: "", hidden: true, title: "One row for each student, step and vote" });
    this.place = this.make("section", "shown", root);
    this.place.setAttribute("aria-live", "polite");
    /** @type {Map<string, { item: HTMLElement, n: HTMLElement, look: HTMLButtonElement, button: HTMLButtonElement }>} */
    this.lines = new Map();
    /** @type {Map<string, News>} */
    this.revealed = new Map();
    /** @type {Map<string, Vote>} what the teacher has looked at */
    this.votes = new Map();
    this.isLooking = false; // at a vote that is on its way
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
      this.csv.href = this.line.answers;
    } else for (const news of settings.news) this.take(news);
    this.paint();
  }

  /** @param {News & Partial<Vote>} news */
  take(news) {
    if (news.step && news.vote && !news.covered) return this.see(/** @type {Vote} */ (news));
    if (news.step && news.covered) {
      this.revealed.delete(news.step);
      this.votes.delete(news.step);
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
    this.rows.hidden = this.csv.hidden = !steps.length;
    for (const [step, n, of, isShown] of steps) this.row(step, n, of, isShown, news.discussed?.includes(step) ?? false);
    const items = steps.map(([step]) => /** @type {any} */ (this.lines.get(step)).item);
    if (items.some((item, at) => this.rows.children[at] !== item)) redraw(this.rows, () => this.rows.append(...items));
    const shown = this.votes.get(this.shown);
    if (shown && steps.some(([step, n]) => step === this.shown && n !== shown.n)) void this.look(this.shown);
  }

  /** @param {Vote} vote */
  see(vote) {
    this.votes.set(/** @type {string} */ (vote.step), vote);
    if (!this.shown || this.shown === vote.step) this.show(/** @type {string} */ (vote.step));
  }

  /**
   * Look at what the class has answered so far.
   * @param {string} step
   */
  async look(step) {
    if (!this.line || this.isLooking) return;
    this.isLooking = true;
    const { line } = this;
    const vote = await this.kit.refusals.attempt("vote", () => line.vote(step), () => this.look(step));
    if (vote && this.shown === step) this.see(vote);
    this.isLooking = false;
  }

  /**
   * @param {string} step
   * @param {number} n
   * @param {number} of
   * @param {boolean} isShown
   * @param {boolean} isAgain
   */
  row(step, n, of, isShown, isAgain) {
    const line = this.lines.get(step) ?? this.newLine(step);
    line.n.textContent = `${of > n ? `${n} of ${of}` : n} answered${isAgain ? " again" : ""}`;
    line.n.title = "Of the students who are here now or have answered";
    line.button.textContent = isShown ? "Show" : "Reveal";
    line.button.className = isShown ? "" : "primary";
    line.button.title = isShown ? "Show the answers below" : REVEALS;
    line.button.onclick = () => (isShown ? this.open(step) : this.reveal(step, line.button));
    line.look.hidden = isShown;
    line.look.onclick = () => this.open(step);
  }

  /** @param {string} step */
  newLine(step) {
    const { lesson, ask } = this.question(step);
    const item = this.make("li", "", this.rows);
    const asked = this.make("div", "asked", item, ask);
    this.make("small", "", asked, `${lesson}, step ${step.slice(step.lastIndexOf(".") + 1)}`);
    const n = this.make("span", "n", item);
    const [look, button] = ["See the vote", ""].map((words) => /** @type {HTMLButtonElement} */ (this.make("button", "", item, words)));
    look.title = "Show the answers below, on this screen alone; the step still takes answers";
    look.type = button.type = "button";
    const line = { item, n, look, button };
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
    await this.kit.refusals.attempt("press", act);
    button.disabled = false;
  }

  /**
   * Show a step that a press asks for.
   * @param {string} step
   */
  open(step) {
    this.show(step);
    void this.look(step);
  }

  /** @param {string} step */
  show(step) {
    if (step !== this.shown) this.kit.refusals.end("vote"); // of another step
    this.shown = step;
    for (const [name, { item }] of this.lines) item.toggleAttribute("aria-current", name === step);
    this.paint();
  }

  /** What is drawn: what everyone sees, or a vote that the teacher has looked at. */
  get news() {
    return this.questions?.[this.shown] && (this.revealed.get(this.shown) ?? this.votes.get(this.shown));
  }

  paint() {
    redraw(this.place, () => this.drawShown());
  }

  drawShown() {
    const { news } = this;
    const width = this.place.clientWidth;
    if (!news) this.place.replaceChildren();
    if (!news || !width) return;
    const question = this.question(this.shown);
    const { values = [], sentence = "", first } = news;
    this.place.replaceChildren();
    this.make("h3", "", this.place, question.ask);
    if (!this.revealed.has(this.shown)) this.drawVote(/** @type {Vote} */ (news));
    this.make("p", "", this.place).append(...boldNodes(sentence));
    this.place.append(overlay(question, values, Math.min(width, 860), plainText(sentence), first));
    const absent = this.votes.get(this.shown)?.absent;
    if (absent) this.make("p", "absent", this.place, absentText(absent));
    for (const { n, said, text } of becauses(question, values)) {
      this.make("p", "because", this.place).append(...boldNodes(`**${n} answered ${said}.** ${text}`));
    }
    this.make("p", "why", this.place, question.why);
    if (this.line && this.revealed.has(this.shown)) this.button(this.place, TAKE_BACK, TAKES_BACK, (step) => this.line?.cover(step));
    this.kit.table?.changed();
  }

  /**
   * Say what the vote advises, with the buttons to follow it.
   * @param {Vote} vote
   */
  drawVote({ vote, advice }) {
    const said = vote === 1 ? `**First vote**, on this screen alone. ${advice}` : "**Second vote**, on this screen alone.";
    this.make("p", "advice", this.place).append(...boldNodes(said));
    const ways = this.make("div", "ways", this.place);
    if (vote === 1) this.button(ways, DISCUSS, DISCUSSES, (step) => this.line?.discuss(step));
    this.button(ways, "Reveal", REVEALS, (step) => {
      this.asked = step;
      return this.line?.reveal(step);
    });
  }

  /**
   * @param {HTMLElement} host
   * @param {string} words
   * @param {string} title
   * @param {(step: string) => unknown} act
   */
  button(host, words, title, act) {
    const button = /** @type {HTMLButtonElement} */ (this.make("button", "", host, words));
    const step = this.shown;
    Object.assign(button, { type: "button", title, onclick: () => this.press(button, () => act(step)) });
  }

  tables() {
    const { news } = this;
    return news ? answersTables(this.question(this.shown), news.values ?? [], news.first) : [];
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
