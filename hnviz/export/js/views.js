// @ts-check
// The views that this page answers itself, from the engine's questions, by their names in the app.

import { changeClaims } from "./claims.js";
import { changeState } from "./changestate.js";
import { startShares } from "./shares.js";
import { lanes } from "./lanes.js";
import { lookBackMap, lookBackOthers, lookBackRow, lookBackWithout } from "./lookback.js";
import { machineCodes, readingMachine } from "./machine.js";
import { unitRows } from "./unitrows.js";
import { units } from "./units.js";

/** @type {Record<string, (look: import("./look.js").Look) => Promise<import("./look.js").Shown>>} */
export const VIEWS = {
  change_claims: changeClaims,
  change_state: changeState,
  lanes,
  look_back_map: lookBackMap,
  look_back_others: lookBackOthers,
  look_back_row: lookBackRow,
  look_back_without: lookBackWithout,
  machine: readingMachine,
  machine_codes: machineCodes,
  start_shares: startShares,
  unit_rows: unitRows,
  units,
};
