// @ts-check
// Which step the reader asked for last, and whether the page is drawn for it by now.
//
// The address does not say: Streamlit may still be drawing an earlier step, and then writes that
// step's path or parameters over the newer ones. It also takes them for true from then on, so it
// must be sent to the step once more.

/** @typedef {"here"|"late"|"lost"} Found */

export class Turn {
  constructor() {
    this.wanted = ""; // "<lesson>.<number>"
    this.isUnderWay = false;
    this.since = 0; // when it was asked for
    this.drawn = 0; // the number of the last drawing
    this.before = 0; // the same, when the step was asked for
    this.everWanted = new Set(); // all steps wanted so far
  }

  /**
   * The reader asks for a step.
   * @param {string} step
   * @param {number} now ms
   */
  ask(step, now) {
    Object.assign(this, { wanted: step, isUnderWay: true, since: now, before: this.drawn });
    this.everWanted.add(step);
  }

  /**
   * Whether the address names an earlier step: Streamlit may write one after it has drawn the wanted step.
   * @param {string|null} named the step that the address names
   */
  isStale(named) {
    return named !== this.wanted && this.everWanted.has(named ?? "");
  }

  /**
   * The page was drawn.
   *
   * "here"  for the step that is wanted, or for one that a link of the page leads to
   * "late"  for an earlier step; the drawing of the wanted one follows
   * "lost"  by a request that mixed two steps, or again for an earlier one that nobody asked for; none follows
   * @param {string} step that the page was drawn for
   * @param {number} serial of the drawing
   * @param {{ isItsPage: boolean, named: string|null, isTouched: boolean }} place whether the step is on the page that
   *   was drawn, which step the address names, and whether the reader has touched the page: a link may be pressed
   * @returns {Found}
   */
  arrive(step, serial, { isItsPage, named, isTouched }) {
    this.drawn = Math.max(this.drawn, serial);
    if (this.isUnderWay) {
      if (step !== this.wanted || serial <= this.before) return "late";
      if (!isItsPage || (named !== null && named !== step)) return "lost";
    } else if (this.isStale(step) && !isTouched) return "lost";
    this.wanted = step;
    this.everWanted.add(step);
    this.isUnderWay = false;
    return "here";
  }
}
