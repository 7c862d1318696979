// @ts-check
// The news of a page that is one file: what the server said last about each run. A replay shows a run's curves
// grow again, from its events.

/**
 * @typedef {import("../../app/kit/js/live.js").Subject} Subject
 * @typedef {{ subject: Subject, hear: (news: any) => void }} Follow
 */

const GROWING = "curves"; // the topic of curves that a replay can show again
const SILENT = "This file does not follow this run; open hnviz itself.";

export class FileLive {
  /**
   * @param {Record<string, import("./filesource.js").Run>} runs
   * @param {import("./blobs.js").Blobs} blobs
   */
  constructor(runs, blobs) {
    this.runs = runs;
    this.blobs = blobs;
    /** @type {Set<Follow>} */
    this.follows = new Set();
    this.grows = () => {};
  }

  /**
   * @param {Subject} subject
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} [refuse]
   */
  follow(subject, hear, refuse = () => {}) {
    const follow = { subject, hear };
    this.follows.add(follow);
    if (subject.topic === GROWING) this.grows();
    this.newsOf(subject).then(
      (news) => this.follows.has(follow) && hear(news),
      () => this.follows.has(follow) && refuse(SILENT),
    );
    return () => void this.follows.delete(follow);
  }

  /** @param {Subject} subject */
  async newsOf({ topic, run, params }) {
    const at = this.runs[run]?.topics[topicKey(topic, params)];
    if (at === undefined) throw new Error(SILENT);
    return this.blobs.json(at);
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
 * @param {string} topic
 * @param {object} params
 */
const topicKey = (topic, params) => JSON.stringify([topic, Object.entries(params).sort()]);

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
