// @ts-check
// How long plans take: the server is asked once at a time, since each answer takes it seconds. No DOM.

import { asSentence } from "../../../kit/js/text.js";
import { Refusal } from "../../../kit/js/source.js";
import { estimateText } from "./plan.js";

const MANY = 429; // other plans of the reader are still being timed: that is nothing to say

/** @typedef {{ plan: import("./plan.js").Plan, say: (sentence: string) => void }} Wish */

export class Estimates {
  /** @param {(plan: import("./plan.js").Plan) => Promise<{ runs: number, least: number, most: number }>} post */
  constructor(post) {
    this.post = post;
    /** @type {Map<string, Wish>} place -> what is to be said there */
    this.wanted = new Map();
    this.asks = false;
    this.wake = () => {}; // ends the pause after a failure, unless a busy server named the pause
  }

  /**
   * Say in a place how long a plan takes. Of plans for the same place only the newest is asked for.
   * @param {string} place
   * @param {Wish["plan"]} plan
   * @param {Wish["say"]} say
   */
  want(place, plan, say) {
    const isNew = JSON.stringify(this.wanted.get(place)?.plan) !== JSON.stringify(plan);
    this.wanted.set(place, { plan, say });
    if (!this.asks) this.ask();
    else if (isNew) this.wake();
  }

  /**
   * Say no more in a place: something else is typed.
   * @param {string} place
   */
  drop(place) {
    this.wanted.delete(place);
  }

  async ask() {
    this.asks = true;
    for (let failures = 0, pause = 0; this.wanted.size; ) {
      const [place, wish] = [...this.wanted][0];
      let [said, isBusy] = ["", false];
      try {
        said = `${estimateText(await this.post(wish.plan))}.`;
        failures = pause = 0;
      } catch (error) {
        const refusal = /** @type {Refusal} */ (error);
        pause = refusal instanceof Refusal && refusal.passes ? refusal.pause(failures++) : 0;
        isBusy = refusal.status === MANY;
        if (!isBusy) said = asSentence(refusal.message);
      }
      if (this.wanted.get(place) === wish) {
        this.wanted.delete(place);
        if (pause) this.wanted.set(place, wish); // behind the others
        if (said) wish.say(said);
      }
      if (!pause) continue;
      await new Promise((resolve) => {
        this.wake = isBusy ? () => {} : () => resolve(null);
        setTimeout(resolve, pause);
      });
    }
    this.asks = false;
  }

  /** The form leaves the page. */
  end() {
    this.wanted.clear();
  }
}
