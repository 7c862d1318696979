// @ts-check
// The rows of the list of runs: which ones it shows, and what it says about them. No DOM.

/**
 * @typedef {{ run: string, name: string, given: string, pinned: boolean, shipped: boolean, student: number|null, created: number|null,
 *             settings: string, state: string, step: string, "valid loss": number|null, accuracy: number|null, "on train": number|null,
 *             damaged: boolean, remark: string, words?: string }} Row as hnviz/app/run/list/rows.py sends it
 *   words   of its settings, that a search also finds
 * @typedef {{ id: string, name: string, given: string, pinned: boolean, shipped: boolean, status: string, created: number, step: number,
 *             n_steps: number|null, valid_loss: number|null, accuracy: number|null, train_accuracy: number|null, config: any,
 *             problem: string, reason: string, message: string, unknown_model: boolean }} Listed as GET /api/runs lists it
 */

export const MOST = 300; // rows that are shown

/**
 * A row of a run that the topic "runs" may leave out: an older one, or one of a sweep.
 * @param {Listed} run
 * @returns {Row}
 */
export function rowOf({ id, name, given, pinned, shipped, status, created, step, n_steps: all, config, problem, reason, message, unknown_model: unknown, ...figures }) {
  return {
    ...{ run: id, name, given, pinned, shipped, student: null, created: shipped ? null : created || null },
    settings: settingsText(config),
    state: unknown ? "? model not loaded" : status,
    step: all ? `${step.toLocaleString("en")} of ${all.toLocaleString("en")}` : "",
    ...{ "valid loss": figures.valid_loss, accuracy: figures.accuracy, "on train": figures.train_accuracy },
    damaged: Boolean(problem),
    remark: reason || problem || (["diverged", "failed"].includes(status) ? message : ""),
    words: [shipped ? "pre-trained" : "", ...Object.entries(config ?? {}).map(([key, value]) => (key === "model" ? value : `${key} ${value}`))].join(" "),
  };
}

/** @param {any} config */
function settingsText(config) {
  if (!config) return "";
  const epochs = config.epochs === 1 ? "1 epoch" : `${config.epochs} epochs`;
  const lr = config.lr < 1 ? config.lr.toExponential(1) : config.lr.toLocaleString("en");
  return `bptt ${config.bptt}, lr ${lr}, ${epochs}, seed ${config.seed}`;
}

/**
 * The first MOST rows that have all words of a search.
 * @param {Row[]} runs
 * @param {string} search
 * @param {string[]} ahead the ids of those that come before all others
 */
export function sifted(runs, search, ahead) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = runs.filter((run) => {
    const text = [run.run, run.name, run.state, run.settings, run.words, run.pinned ? "pinned" : ""].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const first = new Set(ahead);
  const ordered = [...fits.filter(({ run }) => first.has(run)), ...fits.filter(({ run }) => !first.has(run))];
  return { rows: ordered.slice(0, MOST), left: Math.max(0, ordered.length - MOST) };
}

/**
 * A time of the reader's own clock: "today 07:30:12", "25 Nov 07:30:12"; as hnviz/app/run/names.py.
 * @param {number} created in seconds since 1970
 * @param {Date} now
 */
export function moment(created, now = new Date()) {
  const at = new Date(1000 * created);
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  const day = `${at.getDate()} ${at.toLocaleString("en", { month: "short" })}${year}`;
  return `${at.toDateString() === now.toDateString() ? "today" : day} ${at.toLocaleTimeString("en-GB")}`;
}

/**
 * The chosen runs after a click on a tick.
 * @param {string[]} chosen
 * @param {string} id
 * @param {number} most
 */
export function toggled(chosen, id, most) {
  if (chosen.includes(id)) return chosen.filter((each) => each !== id);
  return chosen.length < most ? [...chosen, id] : chosen;
}
