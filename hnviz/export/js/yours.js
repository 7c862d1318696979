// @ts-check
// A second run of a model that the page shows: it trains here, with another seed, and is called yours.

import { Choices, button, menu } from "../../app/kit/js/parts.js";
import { maker } from "../../app/kit/js/make.js";
import { sameIdentity, SETTINGS } from "../../browser/identity.js";
import { counted } from "../../browser/numbers.js";
import { ANSWERED } from "../../browser/questions.js";
import { workerAddress } from "./engine_modules.js";
import { HeldRun } from "./heldrun.js";
import { Kept } from "./kept.js";
import { ownOf, YOURS } from "./runs.js";
import { TrainedRun } from "./trainedrun.js";

/**
 * @typedef {import("../../browser/limits.js").Job} Job
 * @typedef {import("./stage.js").Picture} Picture
 * @typedef {import("./runzip.js").Info} Info
 * @typedef {{ config: Job["config"], info: Info, run: import("../../browser/run.js").Stored }} Held of a run: all that it takes to show it again
 * @typedef {{ model: string, run: TrainedRun|null, info: Info|null, before: Held|null, kept: Kept, last: Promise<void> }} Mine
 *   of a run that the page holds: the reader's own one beside it, and where that is stored
 *   before  the run whose place one from a zip file took
 */

const INTRODUCED = "A second run, which trains in this page with the same settings and another seed.";
const CHOOSE = "Another model trains with its own settings.";
const TOPICS = ["run", "curves"]; // of which the page has news about it
const STORES = ["epoch", "ended"]; // events after which the run is stored

export class Yours {
  /**
   * @param {import("./runs.js").Runs} runs
   * @param {import("./blobs.js").Blobs} blobs
   * @param {Record<string, unknown>} views that the page answers
   * @param {() => void} changed the pictures show another run
   */
  constructor(runs, blobs, views, changed) {
    this.views = views;
    this.runs = runs;
    this.blobs = blobs;
    this.changed = changed;
    /** @type {Map<string, Mine>} by the run beside it */
    this.all = new Map();
    this.beside = ""; // the run of the scene
    this.isShown = false; // whether its pictures show the reader's own
    /** @type {Bar|null} */
    this.bar = null;
  }

  /** Another page: its pictures show what the file holds until the reader wants another run. */
  reset() {
    this.isShown = false;
    this.beside = "";
  }

  /**
   * Draw the bar of a page.
   * @param {HTMLElement} host
   * @param {import("./stage.js").Place[]} places of its parts
   */
  async place(host, places) {
    const shown = places.filter(({ mounted }) => mounted?.picture.data.run);
    const names = shown.map(({ mounted }) => mounted?.picture.data.run);
    const beside = names.find((name) => this.heldOf(name)?.held.job) ?? "";
    if (beside !== this.beside) this.isShown = false;
    this.beside = beside;
    this.bar?.place.remove();
    this.bar = null;
    if (!beside) return;
    this.bar = new Bar(host, this);
    for (const { mounted, element } of shown) {
      const { picture } = /** @type {import("./stage.js").Mounted} */ (mounted);
      if (picture.data.run === beside && !this.follows(picture)) this.bar.leaveOut(element);
    }
    await this.open(beside);
    this.bar.show();
  }

  /** @param {string} name */
  heldOf(name) {
    const found = this.runs.get(name);
    return found instanceof HeldRun ? found : null;
  }

  /** Which run a picture shows. @param {Picture} picture */
  runOf(picture) {
    const { run } = picture.data;
    return this.isShown && run === this.beside && this.follows(picture) ? ownOf(run) : run;
  }

  /** Whether the page can answer all that a picture asks about a run that trains here. @param {Picture} picture */
  follows({ data, topics }) {
    const isAnswered = (/** @type {{ question: string }} */ { question }) => question in this.views || ANSWERED.includes(question);
    return data.asks.every(isAnswered) && topics.every((topic) => TOPICS.includes(topic));
  }

  /** The reader's own run of the scene. */
  get mine() {
    return this.all.get(this.beside) ?? null;
  }

  /** Take up what was trained when the page was open last. @param {string} name */
  async open(name) {
    if (this.all.has(name)) return;
    /** @type {Mine} */
    const mine = { model: name, run: null, info: null, before: null, kept: new Kept(`${location.pathname} ${name}`), last: Promise.resolve() };
    this.all.set(name, mine);
    const stored = await mine.kept.read();
    if (!stored?.config) return;
    const job = await this.job(name, stored.config);
    if (!sameIdentity(stored.identity, job)) return; // of a file with another text
    const run = this.add(mine, job, stored.info);
    if (run.run.takeUp(stored.run)) run.run.resume();
    run.tell();
  }

  /**
   * What a model is, and its settings: those of the run beside it, or of another model that the page can train.
   * @param {string} name of the run beside it
   * @param {string} [model]
   */
  recipe(name, model = "") {
    const { facts } = /** @type {HeldRun} */ (this.heldOf(name)).held;
    const { config, others } = this.jobOf(name);
    const other = others?.[model];
    return other ? { facts: { ...facts, ...other.facts }, config: other.config } : { facts, config };
  }

  /** The models that the page can train beside a run, its own first. @param {string} name */
  models(name) {
    return [this.recipe(name).facts.model, ...Object.keys(this.jobOf(name).others ?? {})];
  }

  /** @param {string} name of the run beside it */
  jobOf(name) {
    const { job } = /** @type {HeldRun} */ (this.heldOf(name)).held;
    return /** @type {NonNullable<typeof job>} */ (job);
  }

  /**
   * @param {string} name of the run beside it
   * @param {Partial<Job["config"]> & { model?: string }} settings that are not those of that run, or of the model's recipe
   * @returns {Promise<Job>}
   */
  async job(name, settings) {
    const { facts, config } = this.recipe(name, settings.model);
    const { kinds, ids, train } = this.jobOf(name);
    const all = new Uint16Array(await this.blobs.get(ids));
    return { form: /** @type {any} */ (facts.form), config: { ...config, ...settings }, kinds, train: all.subarray(0, train), valid: all.subarray(train) };
  }

  /**
   * @param {Mine} mine
   * @param {Job} job
   * @param {Info} info
   */
  add(mine, job, info) {
    const held = /** @type {HeldRun} */ (this.heldOf(mine.model));
    const { nh, bptt, model } = /** @type {Job["config"] & { model: string }} */ (job.config);
    const known = this.recipe(mine.model, model).facts;
    const facts = { ...known, nh, bptt, window: known.window === null ? null : bptt };
    const run = new TrainedRun({ facts, job }, workerAddress(), YOURS, { name: mine.model, run: held });
    Object.assign(mine, { run, info });
    this.runs.add(ownOf(mine.model), run);
    run.on(() => this.mine === mine && this.bar?.show());
    run.run.on(({ event }) => STORES.includes(event) && this.store(mine));
    return run;
  }

  /** Store a run; of several in a row, one after the other. @param {Mine} mine */
  store(mine) {
    const { run, kept } = mine;
    const held = heldIn(mine);
    if (!run || !held) return;
    mine.last = mine.last.then(() => kept.write({ ...held, identity: run.identity }));
    mine.last.then(() => this.mine === mine && this.bar?.show());
  }

  /** Train from the first step, with a seed that was not used yet. @param {string} model */
  async begin(model) {
    const { mine, beside } = this;
    if (!mine) return;
    const { hash, version } = this.jobOf(beside);
    const last = mine.run?.facts.model === model ? mine.run.run.job : this.recipe(beside, model);
    const seed = last.config.seed + 1;
    const info = { created: Date.now() / 1000, device: "", versions: { hnviz: version }, content_hash: hash };
    const run = this.add(mine, await this.job(beside, /** @type {any} */ ({ model, seed, device: "auto" })), info);
    run.run.start();
    this.choose(true);
  }

  /** Let the browser keep the run as a zip file. */
  async save() {
    const { mine } = this;
    if (!mine?.run || !mine.info) return;
    const [{ zipOf }, { keep }] = [await import("./runzip.js"), await import("../../app/kit/js/save/files.js")];
    const { text } = this.jobOf(mine.model);
    const { run } = mine.run;
    const zip = await zipOf(run, mine.info, text === null ? null : new Uint8Array(await this.blobs.get(text)));
    keep(zip, `${mine.run.facts.model}-seed-${run.job.config.seed}.zip`);
  }

  /**
   * Show the run of a zip file as the reader's own. Throws ZipError, and then all stays as it was.
   * @param {File} file
   */
  async openZip(file) {
    const { mine } = this;
    if (!mine) return;
    const { runIn } = await import("./runzip.js");
    const { hash, version } = this.jobOf(mine.model);
    /** @type {Record<string, Job>} */
    const jobs = {};
    for (const model of this.models(mine.model)) jobs[model] = await this.job(mine.model, { model });
    const { job, info, stored } = await runIn(file, { job: await this.job(mine.model, {}), jobs, hash, version });
    const before = heldIn(mine);
    await this.take(mine, { config: job.config, info, run: stored });
    mine.before = before;
    this.choose(true);
  }

  /** Show again the run whose place one from a zip file took. */
  async bringBack() {
    const { mine } = this;
    if (!mine?.before) return;
    await this.take(mine, mine.before);
    mine.before = null;
    this.choose(true);
  }

  /** @param {Mine} mine @param {Held} held */
  async take(mine, { config, info, run }) {
    const made = this.add(mine, await this.job(mine.model, config), info);
    made.run.takeUp(run);
    const { checkpoint } = made.run;
    if (checkpoint) made.run.checkpoint = { ...checkpoint, identity: made.identity }; // one from torch has none
    this.store(mine);
    made.tell();
  }

  /** @param {boolean} isShown */
  choose(isShown) {
    this.isShown = isShown;
    this.bar?.show();
    this.changed();
  }
}

/** What it takes to show a run again. @param {Mine} mine @returns {Held|null} */
const heldIn = ({ run, info }) => run && info && { config: run.run.job.config, info, run: run.run.stored };

/** What a reader sees and presses. */
class Bar {
  /**
   * @param {HTMLElement} host
   * @param {Yours} yours
   */
  constructor(host, yours) {
    this.yours = yours;
    const make = maker(host);
    this.place = make("div", YOURS);
    this.choices = new Choices(this.place, "Which run the pictures show", [yours.beside, YOURS], (name) => yours.choose(name === YOURS));
    const models = yours.models(yours.beside);
    this.models = menu(this.place, "Model");
    this.models.ariaLabel = "Model"; // and not the options, too
    this.models.append(...models.map((each) => new Option(each)));
    this.models.onchange = () => this.show();
    this.hasChoice = models.length > 1;
    this.train = button(this.place, "Train one yourself", () => yours.begin(this.models.value), "strong");
    this.pause = button(this.place, "Pause", () => this.press(this.run?.status === "paused" ? "goOn" : "pause"));
    this.step = button(this.place, "Step", () => this.press("step"));
    this.slow = button(this.place, "Slow", () => this.press(this.run?.isSlow ? "fast" : "slow"));
    this.stop = button(this.place, "Stop", () => this.press("stop"));
    this.goOn = button(this.place, "Go on", () => this.run?.resume());
    this.again = button(this.place, "Another seed", () => yours.begin(this.models.value));
    this.save = button(this.place, "Save as zip", () => this.files(() => yours.save()));
    this.picker = make("input", "", this.place);
    Object.assign(this.picker, { type: "file", accept: ".zip,application/zip", hidden: true });
    this.picker.onchange = () => this.take(this.picker.files?.[0]);
    this.open = button(this.place, "Open a zip", () => this.picker.click());
    this.back = button(this.place, "", () => this.files(() => yours.bringBack()));
    this.file = make("span", "file-of-yours", this.place);
    this.file.setAttribute("role", "alert");
    this.place.ondragover = (/** @type {DragEvent} */ event) => event.preventDefault();
    this.place.ondrop = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.take(event.dataTransfer?.files[0]);
    };
    this.said = make("p", "said-of-yours", this.place);
    this.said.setAttribute("role", "status");
    /** @type {TrainedRun|null} the run whose model was chosen last */
    this.chosen = null;
    /** @type {HTMLElement[]} what says that a picture does not follow */
    this.left = [];
    this.show();
  }

  /** Say above a picture that it goes on showing the other run. @param {HTMLElement} place */
  leaveOut(place) {
    const said = document.createElement("p");
    said.className = "left-out";
    said.textContent = `This picture shows ${this.yours.beside}. Only hnviz itself can draw it for a run of your own.`;
    said.hidden = true;
    place.before(said);
    this.left.push(said);
  }

  get run() {
    return this.yours.mine?.run?.run;
  }

  /** @param {import("../../browser/worker.js").Button} name */
  press(name) {
    this.run?.press(name);
    this.show();
  }

  /** Open a zip file; one that is refused is named in a sentence beside the button. @param {File|undefined} file */
  take(file) {
    this.picker.value = ""; // so that the same file can be chosen again
    if (file) this.files(() => this.yours.openZip(file), file.name);
  }

  /**
   * Do something with a file, and say what goes wrong.
   * @param {() => Promise<void>} work
   * @param {string} [name] of the file
   */
  async files(work, name = "The zip file") {
    const { yours } = this;
    this.file.textContent = "";
    try {
      await work();
    } catch (error) {
      const { name: kind, message } = /** @type {Error} */ (error);
      (yours.bar ?? this).file.textContent = `${name} ${kind === "ZipError" ? message : `could not be used: ${message}`}.`;
    }
    yours.bar?.show();
  }

  show() {
    const { run, yours } = this;
    const row = this.choices.buttons[0].parentElement;
    if (row) row.hidden = !run;
    this.choices.show(yours.isShown ? YOURS : yours.beside);
    this.train.hidden = Boolean(run);
    for (const each of this.left) each.hidden = !yours.isShown;
    for (const each of [this.pause, this.step, this.slow, this.stop]) each.hidden = !run?.isLive;
    this.pause.textContent = run?.status === "paused" ? "Continue" : "Pause";
    this.slow.setAttribute("aria-pressed", String(run?.isSlow ?? false));
    this.goOn.hidden = !run?.canResume;
    this.again.hidden = !run || run.isLive;
    const mine = yours.mine?.run;
    if (mine && mine !== this.chosen) [this.chosen, this.models.value] = [mine, mine.facts.model];
    this.again.textContent = !mine || this.models.value === mine.facts.model ? "Another seed" : `Train ${this.models.value}`;
    /** @type {HTMLElement} */ (this.models.parentElement).hidden = !this.hasChoice || Boolean(run?.isLive);
    this.save.hidden = !run?.started;
    const before = yours.mine?.before;
    this.back.hidden = !before;
    this.back.textContent = `Back to seed ${before?.config.seed}`;
    const sentence = [this.progress, yours.mine?.kept.refused].filter(Boolean).join(" ");
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
  }

  /** Its seed, and what differs from the run beside it. @param {Record<string, any>} config */
  settings(config) {
    const theirs = /** @type {Record<string, any>} */ (this.yours.jobOf(this.yours.beside).config);
    const others = SETTINGS.filter((name) => name !== "seed" && config[name] !== theirs[name]);
    const model = config.model === theirs.model ? [] : [config.model];
    return [...model, ...["seed", ...others].map((name) => `${name} ${config[name]}`)].join(", ");
  }

  /** How far it is, with its own figures beside those of the other run. */
  get progress() {
    const mine = this.yours.mine;
    if (!mine?.run) return this.hasChoice ? `${INTRODUCED} ${CHOOSE}` : INTRODUCED;
    const { job, ends } = mine.run.run;
    const far = `Yours, ${this.settings(job.config)}: ${mine.run.progress}.`;
    const last = ends.at(-1);
    const theirs = this.yours.heldOf(mine.model)?.held.job?.accuracies[last?.epoch];
    if (!last || theirs === undefined) return far;
    return `${far} After epoch ${counted(last.epoch + 1)}, ${percent(last.accuracy)} of valid is right; for ${mine.model} it was ${percent(theirs)}.`;
  }
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
