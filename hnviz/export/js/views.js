// @ts-check
// The questions that this file answers itself, from a snapshot's weights, by their names in the app.

import { startCount } from "./count.js";
import { units } from "./units.js";
import { changeState, goingOn, promptSurprise } from "./words.js";

/** @type {Record<string, (look: import("./look.js").Look) => import("./look.js").Shown>} */
export const VIEWS = {
  change_state: changeState,
  going_on: goingOn,
  prompt_surprise: promptSurprise,
  start_count: startCount,
  units,
};
