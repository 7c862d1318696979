// @ts-check
// The teacher's line to the class: counts, and what is revealed. A cookie says who it is.

import { Line, post } from "./line.js";

/**
 * @typedef {{ here?: number, members?: number, steps?: [string, number, boolean][],
 *             step?: string, covered?: boolean, n?: number, values?: any[], sentence?: string }} News
 */

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

  /** @param {News} news */
  take(news) {
    if (news.step && news.covered) this.revealed.delete(news.step);
    else if (news.step) this.revealed.set(news.step, news);
    else this.counts = news;
    for (const hear of this.followers) hear(news);
  }
}
