// @ts-check
// Fetches what the reader may choose next, while nothing else happens: other models, the other loss.

/**
 * @typedef {import("../../kit/js/frame.js").Frame} Frame
 * @typedef {import("../../kit/js/picture.js").Ask} Ask
 */

const IDLE = 600; // ms after a drawing; the slider's neighbours, which the kit fetches, come first

/** @type {Map<string, Promise<[number, string][]>>} run -> its snapshots with their versions */
const known = new Map();

export class Ahead {
  /** @param {Frame} kit */
  constructor(kit) {
    this.kit = kit;
    /** @type {AbortController|null} */
    this.abort = null;
    /** @type {() => void} */
    this.leave = () => {};
  }

  /**
   * Fetch some addresses, one at a time. A call ends the one before.
   * @param {() => Promise<(string|null)[]>} list
   */
  begin(list) {
    this.end();
    const { timeline } = this.kit;
    if (!timeline || timeline.playing || timeline.moves) return;
    const abort = (this.abort = new AbortController());
    // A reader who moves the slider needs the engine for something else.
    this.leave = timeline.on((change) => change === "step" && this.end());
    this.wait = setTimeout(async () => {
      try {
        for (const address of await list()) {
          if (abort.signal.aborted || !this.kit.visible) return;
          if (address) await this.kit.source.get(address, abort.signal);
        }
      } catch {
        // Nobody waits for it; a later request gets the reason.
      }
    }, IDLE);
  }

  end() {
    this.leave();
    this.leave = () => {};
    clearTimeout(this.wait);
    this.abort?.abort();
  }

  /**
   * The addresses of a question about other runs, each at the snapshot that would be shown.
   * @param {Ask} ask
   * @param {string[]} runs
   * @param {Record<string, unknown>} [params] the ones that the picture adds
   */
  async ofOthers(ask, runs, params = {}) {
    const { timeline, source, theme } = this.kit;
    const found = [];
    for (const run of runs) {
      if (run === timeline?.run) continue;
      const snapshots = await snapshotsOf(this.kit, run);
      const same = timeline?.newest ? undefined : snapshots.find(([step]) => step === timeline?.step);
      const [step, v] = same ?? snapshots.at(-1) ?? [null, null];
      if (step === null) continue;
      const mode = ask.themed ? { mode: theme.dark ? "dark" : "light" } : {};
      const path = `api/runs/${encodeURIComponent(run)}/${step}/${ask.question}`;
      found.push(source.address(path, { ...ask.params, ...mode, ...params, v }));
    }
    return found;
  }
}

/**
 * @param {Frame} kit
 * @param {string} run
 */
function snapshotsOf(kit, run) {
  let job = known.get(run);
  if (!job) {
    job = kit.source.json(`api/runs/${encodeURIComponent(run)}`).then(({ snapshots }) => snapshots);
    job.catch(() => known.delete(run));
    known.set(run, job);
  }
  return job;
}
