// @ts-check
// The news of a page without a server: what the server said last about a run that the page holds, and the state of a run
// that trains in it. A replay shows a held run's curves grow again, from its events.

/**
 * @typedef {import("../../app/kit/js/live.js").Subject} Subject
 * @typedef {{ subject: Subject, hear: (news: any) => void, refuse: (sentence: string) => void, leave: () => void }} Follow
 */

export const GROWING = "curves"; // the topic of curves that a replay can show again
const UNKNOWN = "This page does not hold that run; open hnviz itself.";

export class FileLive {
  /** @param {import("./runs.js").Runs} runs */
  constructor(runs) {
    this.runs = runs;
    /** @type {Set<Follow>} */
    this.follows = new Set();
    this.grows = () => {};
    runs.onAdded((name) => {
      for (const follow of this.follows) if (follow.subject.run === name) this.begin(follow);
    });
  }

  /**
   * @param {Subject} subject
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} [refuse]
   */
  follow(subject, hear, refuse = () => {}) {
    const follow = { subject, hear, refuse, leave: () => {} };
    this.follows.add(follow);
    if (subject.topic === GROWING) this.grows();
    this.begin(follow);
    return () => {
      follow.leave();
      this.follows.delete(follow);
    };
  }

  /** Tell what a run says, now and later. @param {Follow} follow */
  begin(follow) {
    follow.leave();
    const tell = () =>
      this.newsOf(follow.subject).then(
        (news) => this.follows.has(follow) && follow.hear(news),
        ({ message }) => this.follows.has(follow) && follow.refuse(message),
      );
    follow.leave = this.runs.get(follow.subject.run)?.on(tell) ?? (() => {});
    tell();
  }

  /** @param {Subject} subject */
  async newsOf({ topic, run, params }) {
    const found = this.runs.get(run);
    if (!found) throw new Error(UNKNOWN);
    return found.news(topic, params);
  }

  /** @param {(news: any) => void} hear */
  again(hear) {
    for (const follow of this.follows) if (follow.hear === hear) this.newsOf(follow.subject).then(hear);
  }

  /** A file has no connection that can be lost. */
  onConnection() {
    return () => undefined;
  }

  /** The run whose curves are followed; "" for none. */
  get growing() {
    return [...this.follows].find(({ subject }) => subject.topic === GROWING)?.subject.run ?? "";
  }

  /**
   * Call `grows` once curves are followed.
   * @param {() => void} grows
   */
  whenGrowing(grows) {
    this.grows = grows;
    if (this.growing) grows();
  }

  /**
   * Send the curves up to a training step, to all that follow them.
   * @param {number} step
   */
  async showUntil(step) {
    for (const { subject, hear } of this.follows) {
      if (subject.topic !== GROWING) continue;
      const news = await this.newsOf(subject);
      hear({ ...news, panels: news.panels.map((/** @type {any} */ panel) => until(panel, step)) });
    }
  }
}

/**
 * A chart without the points after a step.
 * @param {any} panel
 * @param {number} step
 */
export function until(panel, step) {
  const data = panel.figure.data.map((/** @type {any} */ trace) => {
    const end = trace.x.findIndex((/** @type {number} */ x) => x > step);
    return end < 0 ? trace : { ...trace, x: trace.x.slice(0, end), y: trace.y.slice(0, end) };
  });
  return { ...panel, figure: { ...panel.figure, data } };
}
