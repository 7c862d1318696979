// @ts-check
// A play of steps: a button starts it, and it pauses at the last step or when it is pressed again.

import { PlayButton } from "./parts.js";

/**
 * @typedef {{ between: number, advance: () => void, isAtEnd: () => boolean, rewind: () => void }} Steps
 *   between   ms from one step to the next
 *   rewind    goes to the step at which a play begins that is started at the end
 */

export class Player {
  /**
   * @param {HTMLElement} parent of the button
   * @param {Steps} steps
   */
  constructor(parent, steps) {
    this.steps = steps;
    this.button = new PlayButton(parent, () => (this.timer === undefined ? this.start() : this.stop()));
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.timer = undefined;
  }

  start() {
    const { between, advance, isAtEnd, rewind } = this.steps;
    const tick = () => {
      advance();
      if (isAtEnd()) this.stop();
    };
    this.timer = setInterval(tick, between);
    this.button.show(true);
    if (isAtEnd()) rewind();
    else tick();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.button.show(false);
  }
}
