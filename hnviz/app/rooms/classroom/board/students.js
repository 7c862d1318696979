// @ts-check
// The students of the class by number, each with a button that removes it: a fold, which fetches the list while it is open.

import { maker } from "../../../kit/js/make.js";
import { redraw } from "../../../kit/js/redraw.js";
import { heads, listed } from "../../../kit/js/tables.js";

const EVERY = 1000; // ms between two looks at the list, at least

/** @typedef {import("../../../kit/class/teacher.js").Student} Student */

export class Students {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.make = maker(body);
    const root = /** @type {HTMLDetailsElement} */ (this.make("details", "hnviz-fold students", body));
    this.fold = root;
    this.fold.ontoggle = () => this.look();
    this.make("summary", "", root, "Students");
    this.make("p", "", root, "Remove a student who joined twice or is not in the room: the answers no longer count.");
    this.none = this.make("p", "none", root, "Nobody has joined yet.");
    this.rows = this.make("ul", "rows", root);
    this.rows.tabIndex = 0;
    this.rows.setAttribute("aria-label", "The students of the class");
    this.done = this.make("p", "done", root);
    this.done.setAttribute("role", "status");
    /** @type {Student[]} */
    this.students = [];
    /** @type {import("../../../kit/class/teacher.js").TeacherLine|undefined} */
    this.line = undefined;
    this.timer = 0;
  }

  /** Fetch the list soon, and not too often. */
  look() {
    if (!this.line || !this.fold.open) return;
    this.timer ||= setTimeout(() => void this.fetch(), this.students.length ? EVERY : 0);
  }

  async fetch() {
    const students = await this.kit.refusals.attempt("students", () => this.line?.students(), () => this.look());
    if (students) this.show(students);
    this.timer = 0;
  }

  /** @param {Student[]} students */
  show(students) {
    this.students = students;
    this.none.hidden = students.length > 0;
    this.rows.hidden = !students.length;
    redraw(this.rows, () => this.drawRows());
    this.kit.table?.changed();
  }

  drawRows() {
    const { scrollTop } = this.rows;
    this.rows.replaceChildren();
    for (const together of byPlace(this.students)) {
      if (together.length > 1) this.group(together);
      for (const student of together) this.row(student);
    }
    this.rows.scrollTop = scrollTop;
  }

  /** @param {Student[]} together */
  group(together) {
    const n = together.length;
    const item = this.make("li", "together", this.rows);
    this.make("span", "who", item, `${n} joined from one address`);
    this.button(item, `Remove all ${n}`, `Remove all ${n} from this address`, together);
  }

  /** @param {Student} student */
  row(student) {
    const { number, here, answers } = student;
    const item = this.make("li", "", this.rows);
    this.make("span", "who", item, `Student ${number}`);
    this.make("span", "what", item, `${here ? "here now" : "not here"}, ${answers === 1 ? "1 answer" : `${answers} answers`}`);
    this.button(item, "Remove", `Remove student ${number}`, [student]);
  }

  /**
   * @param {HTMLElement} host
   * @param {string} words
   * @param {string} label
   * @param {Student[]} students
   */
  button(host, words, label, students) {
    const button = /** @type {HTMLButtonElement} */ (this.make("button", "", host, words));
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.onclick = () => this.move(button, "remove", students.map(({ number }) => number));
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {"remove"|"restore"} how
   * @param {number[]} numbers
   */
  async move(button, how, numbers) {
    const { line } = this;
    if (!line) return;
    button.disabled = true;
    await this.kit.refusals.attempt("move", async () => {
      await line.move(how, numbers);
      this.say(how, numbers);
      await this.fetch();
    });
    button.disabled = false; // else it has left the list
  }

  /**
   * @param {"remove"|"restore"} how
   * @param {number[]} numbers
   */
  say(how, numbers) {
    const [who, were] = numbers.length === 1 ? [`Student ${numbers[0]}`, "is"] : [`${numbers.length} students`, "are"];
    this.done.textContent = how === "remove" ? `${who} ${were} out of the class; the answers no longer count.` : `${who} ${were} in the class again.`;
    if (how === "restore") return;
    const button = /** @type {HTMLButtonElement} */ (this.make("button", "", this.done, "Undo"));
    button.type = "button";
    button.onclick = () => this.move(button, "restore", numbers);
  }

  tables() {
    const rows = this.students.map(({ number, here, answers }) => [number, here, answers]);
    return rows.length ? [listed("The students of the class", heads("student", "here now", "answers"), rows)] : [];
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/**
 * Students in groups: those who joined from one address together, each other student separately.
 * @param {Student[]} students
 */
export function byPlace(students) {
  /** @type {Map<number|string, Student[]>} */
  const places = new Map();
  for (const student of students) {
    const place = student.place || `student ${student.number}`;
    places.set(place, [...(places.get(place) ?? []), student]);
  }
  return [...places.values()];
}
