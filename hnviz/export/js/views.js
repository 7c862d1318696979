// @ts-check
// The views that this page answers itself, from the engine's questions, by their names in the app.

import { startCount } from "./count.js";
import { units } from "./units.js";
import { changeState, goingOn, promptSurprise } from "./words.js";

/** @type {Record<string, (look: import("./look.js").Look) => Promise<import("./look.js").Shown>>} */
export const VIEWS = {
  change_state: changeState,
  going_on: goingOn,
  prompt_surprise: promptSurprise,
  start_count: startCount,
  units,
};
