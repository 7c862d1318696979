// @ts-check
// A picture's questions, as addresses of the web API.

/** @typedef {import("./picture.js").Ask} Ask */

export class Questions {
  /** @param {Pick<import("./frame.js").Frame, "data"|"theme"|"timeline"|"source"|"view">} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {number|null} the run's last snapshot when a question was first asked */
    this.end = null;
  }

  /** @returns {Ask[]} */
  get all() {
    return this.frame.data.asks;
  }

  /**
   * The snapshot that a question is about; null where there is none.
   * @param {Ask} ask
   * @param {number|null} step
   */
  stepOf(ask, step) {
    const { timeline } = this.frame;
    if (!timeline) return null;
    if (ask.at === "first") return timeline.first;
    if (ask.at === "rest") return timeline.rested; // also for a drawing that a moved slider has overtaken
    if (ask.at === "paced" && timeline.moves) return step === timeline.step ? timeline.rested : step;
    // While a run trains its last snapshot changes; the one asked for first stays, until the run starts again.
    if (ask.at === "end") return (this.end = timeline.steps.find((each) => each === this.end) ?? timeline.steps.at(-1) ?? null);
    return step;
  }

  /**
   * @param {Ask} ask
   * @param {number|null} step
   * @returns {string|null} null without a snapshot
   */
  address(ask, step) {
    const { timeline, source, theme, view } = this.frame;
    const mode = ask.themed ? { mode: theme?.dark ? "dark" : "light" } : {};
    const params = { ...ask.params, ...mode, ...view?.params?.(ask.name) };
    if (ask.run) return source.address(pathOf(ask.run, ask.at, ask), params);
    const at = this.stepOf(ask, step);
    if (at === null || !timeline) return null;
    return source.address(pathOf(timeline.run, at, ask), { ...params, v: timeline.versions.get(at) });
  }

  /**
   * What must be there before a snapshot can be drawn; during a play, without the questions that
   * wait until the slider rests.
   * @param {number|null} step
   */
  addresses(step, plays = false) {
    const needed = this.all.filter((ask) => !ask.late && !(plays && ask.at === "rest"));
    return /** @type {string[]} */ (needed.map((ask) => this.address(ask, step)).filter(Boolean));
  }
}

/**
 * @param {string} run
 * @param {number|string} at
 * @param {Ask} ask
 */
const pathOf = (run, at, { question }) => `api/runs/${encodeURIComponent(run)}/${at}/${question}`;
