// @ts-check
// The teacher's line to the class: counts, and what is revealed. A cookie says who it is.

import { Line, ask, post } from "./line.js";

/**
 * @typedef {{ here?: number, members?: number, steps?: [string, number, number, boolean][],
 *             discussed?: string[], lessons?: { all: number, missing: [string, string][] },
 *             step?: string, covered?: boolean, n?: number, values?: any[], sentence?: string,
 *             first?: import("./class.js").First }} News
 *   steps      how many have answered each, how many there are, whether it is revealed
 *   discussed  steps on which the class votes, or has voted, twice
 *   lessons  those that phones cannot open yet: the title, and why if it could not be written
 * @typedef {News & { vote: number, advice: string, absent: number[] }} Vote
 *   advice  what to do after the first vote
 *   absent  the numbers of the students who have not answered
 * @typedef {{ number: number, here: boolean, answers: number, place: number }} Student
 */

const AT_ONCE = 100; // students in one request

/** @type {Map<string, TeacherLine>} one for each address of an app */
const lines = new Map();

export class TeacherLine {
  /** @param {URL} home */
  static of(home) {
    const line = lines.get(home.href) ?? new TeacherLine(home);
    lines.set(home.href, line);
    return line;
  }

  /** @param {URL} home */
  constructor(home) {
    this.home = home;
    /** @type {Set<(news: News) => void>} */
    this.followers = new Set();
    /** @type {News|null} */
    this.counts = null;
    /** @type {Map<string, News>} */
    this.revealed = new Map();
    this.line = new Line(home, {
      hello: () => [{ op: "teach", have: [...this.revealed.keys()] }],
      hear: (news) => this.take(news),
      refused: () => {},
    });
  }

  /**
   * Hear of counts and revealed steps, first of those that are known.
   * @param {(news: News) => void} hear
   */
  follow(hear) {
    this.followers.add(hear);
    if (this.counts) hear(this.counts);
    for (const revealed of this.revealed.values()) hear(revealed);
    this.line.connect();
    return () => {
      this.followers.delete(hear);
      if (!this.followers.size) this.line.close();
    };
  }

  /**
   * Show everyone the answers of a step.
   * @param {string} step
   */
  reveal(step) {
    return post(this.home, "reveal", { step });
  }

  /**
   * Take back that a step was revealed.
   * @param {string} step
   */
  cover(step) {
    return post(this.home, "cover", { step });
  }

  /**
   * What the class has answered so far; only the teacher sees it.
   * @param {string} step
   * @returns {Promise<Vote>}
   */
  vote(step) {
    return post(this.home, "vote", { step });
  }

  /**
   * Close the first vote on a step and open the second.
   * @param {string} step
   */
  discuss(step) {
    return post(this.home, "discuss", { step });
  }

  /**
   * Whether the class votes, or has voted, on a step twice.
   * @param {string} step
   */
  isAgain(step) {
    return Boolean(this.counts?.discussed?.includes(step));
  }

  /** The address of all answers as CSV. */
  get answers() {
    return new URL("api/class/answers.csv", this.home).href;
  }

  /** Have those lessons written that could not be written. */
  writeLessons() {
    return post(this.home, "lessons", {});
  }

  /** @returns {Promise<Student[]>} */
  async students() {
    return (await ask(this.home, "students")).students;
  }

  /**
   * Send students out of the class, or take that back.
   * @param {"remove"|"restore"} how
   * @param {number[]} numbers
   */
  async move(how, numbers) {
    for (let at = 0; at < numbers.length; at += AT_ONCE) await post(this.home, how, { students: numbers.slice(at, at + AT_ONCE) });
  }

  /** @param {News} news */
  take(news) {
    if (news.step && news.covered) this.revealed.delete(news.step);
    else if (news.step) this.revealed.set(news.step, news);
    else this.counts = news;
    for (const hear of this.followers) hear(news);
  }
}
