// @ts-check
// The rows of the list of runs: which are shown, and what is said of them. No DOM.

/**
 * @typedef {{ id: string, name: string, given: string, pinned: boolean, shipped: boolean, status: string, created: number,
 *             model: string, accuracy: number|null, config: any, problem: string, reason: string, unknown_model: boolean }} Listed
 */

export const MOST = 300; // rows that are shown

/**
 * The rows in which all words of a search are, the first MOST of them; chosen ones come first.
 * @param {Listed[]} runs
 * @param {string} search
 * @param {string[]} chosen
 */
export function sifted(runs, search, chosen) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = runs.filter((run) => {
    const text = textOf(run);
    return words.every((word) => text.includes(word));
  });
  const first = new Set(chosen);
  const ordered = [...fits.filter(({ id }) => first.has(id)), ...fits.filter(({ id }) => !first.has(id))];
  return { rows: ordered.slice(0, MOST), left: Math.max(0, ordered.length - MOST) };
}

/** @param {Listed} run */
function textOf({ id, name, model, status, config, pinned, shipped }) {
  const settings = Object.entries(config ?? {}).map(([key, value]) => (key === "model" ? "" : `${key} ${value}`));
  return [id, name, model, status, pinned ? "pinned" : "", shipped ? "pre-trained" : "", ...settings].join(" ").toLowerCase();
}

/**
 * What of a run's settings every list says.
 * @param {Listed} run
 */
export function settingsText({ config }) {
  if (!config) return "";
  const epochs = config.epochs === 1 ? "1 epoch" : `${config.epochs} epochs`;
  const lr = config.lr < 1 ? config.lr.toExponential(1) : config.lr.toLocaleString("en");
  return `bptt ${config.bptt}, lr ${lr}, ${epochs}, seed ${config.seed}`;
}

/**
 * A run's state, of a run that the topic "runs" leaves out; as in hnviz/app/run/list/rows.py.
 * @param {Listed} run
 */
export const stateText = ({ status, unknown_model: unknown }) => (unknown ? "? model not loaded" : status);

/**
 * When a run was started, on the reader's own clock: "today 07:30", "25 Nov 07:30".
 * @param {Listed} run
 * @param {Date} now
 */
export function startedText({ created, shipped }, now) {
  if (shipped || !created) return "";
  const at = new Date(1000 * created);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return `today ${time}`;
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${at.toLocaleString("en", { month: "short" })}${year} ${time}`;
}

/**
 * A tick set or taken away.
 * @param {string[]} chosen
 * @param {string} id
 * @param {number} most
 */
export function toggled(chosen, id, most) {
  if (chosen.includes(id)) return chosen.filter((each) => each !== id);
  return chosen.length < most ? [...chosen, id] : chosen;
}
