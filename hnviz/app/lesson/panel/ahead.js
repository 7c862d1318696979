// @ts-check
// Fetches what the next step's pictures ask, while the reader guesses: one answer after the other, and
// only while nothing that is in view waits. The server computes each once for all its viewers.

import { Questions } from "../../kit/js/questions.js";
import { SNAPSHOT } from "../../kit/js/timeline.js";

/**
 * @typedef {{ run: string, ask: import("../../kit/js/picture.js").Ask }} Asked
 * @typedef {{ at: Record<string, string>, asks?: Asked[] }} Step
 */

const PAUSE = 250; // ms between two looks whether anything in view waits

export class Ahead {
  /** @param {import("../../kit/js/frame.js").Frame} kit */
  constructor(kit) {
    this.kit = kit;
    this.serial = 0;
  }

  /**
   * Fetch what a step asks; what was fetched before for another ends after the answer under way.
   * @param {Step|undefined} step
   */
  async fetch(step) {
    const turn = ++this.serial;
    const { source } = this.kit;
    for (const asked of step?.asks ?? []) {
      do await pause();
      while (source.coming.size && turn === this.serial);
      if (turn !== this.serial) return;
      const address = await this.address(asked, /** @type {Step} */ (step)).catch(() => null);
      if (address) await source.get(address).catch(() => {}); // the picture itself says what is refused
    }
  }

  /**
   * The address at which the step's picture will ask.
   * @param {Asked} asked
   * @param {Step} step
   */
  async address({ run, ask }, { at }) {
    const { source, tab, theme } = this.kit;
    const timeline = tab.timeline(ask.run || run);
    if (!timeline.steps.length) await timeline.load();
    const named = Number(at[SNAPSHOT]);
    const shown = SNAPSHOT in at && timeline.versions.has(named) ? named : (timeline.steps.at(-1) ?? null);
    // The timeline is as the step will show it.
    const then = Object.create(timeline, { step: { value: shown }, rested: { value: shown } });
    const view = /** @type {any} */ ({});
    const data = { asks: [ask] };
    return new Questions({ data, theme, timeline: then, source, view }).address(ask, shown);
  }

  end() {
    this.serial += 1;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));
