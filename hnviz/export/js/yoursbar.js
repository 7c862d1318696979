// @ts-check
// What a reader sees and presses of the run that trains in the page.

import { maker } from "../../app/kit/js/make.js";
import { button, Choices, menu } from "../../app/kit/js/parts.js";
import { accuracy } from "../../app/kit/js/text.js";
import { SETTINGS } from "../../browser/identity.js";
import { counted } from "../../browser/numbers.js";
import { YOURS } from "./runs.js";

/**
 * @typedef {import("./trainedrun.js").TrainedRun} TrainedRun
 * @typedef {import("../../browser/limits.js").Config} Config
 */

const INTRODUCED = "This trains a second run in the page, with the same settings and another seed.";
const CHOOSE = "Another model trains with its own settings.";

export class Bar {
  /**
   * @param {HTMLElement} host
   * @param {import("./yours.js").Yours} yours
   * @param {string} name of the run beside the reader's own
   * @param {import("./heldrun.js").HeldRun} beside that run
   */
  constructor(host, yours, name, beside) {
    this.yours = yours;
    this.name = name;
    this.beside = beside;
    const make = maker(host);
    this.place = make("div", YOURS);
    this.choices = new Choices(this.place, "Which run the pictures show", [name, YOURS], (chosen) => yours.choose(chosen === YOURS));
    this.models = menu(this.place, "Model");
    this.models.ariaLabel = "Model"; // and not the options, too
    this.models.append(...beside.models.map((each) => new Option(each)));
    this.models.onchange = () => this.show();
    this.hasChoice = beside.models.length > 1;
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

  /** Say above these pictures, and no others, that they go on showing the other run. @param {HTMLElement[]} places */
  leaveOut(places) {
    for (const each of this.left) each.remove();
    this.left = places.map((place) => {
      const said = document.createElement("p");
      said.className = "left-out";
      said.textContent = `This picture shows ${this.name}. Only hnviz itself can draw it for a run of your own.`;
      said.hidden = !this.yours.isShown;
      place.before(said);
      return said;
    });
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
    this.choices.show(yours.isShown ? YOURS : this.name);
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
    this.back.textContent = before ? `Back to ${this.called(before.config)}` : "";
    const sentence = [this.progress, yours.mine?.kept.refused].filter(Boolean).join(" ");
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
  }

  /** Its seed, after its model if that is another one. @param {Config} config */
  called({ model, seed }) {
    return model === this.beside.facts.model ? `seed ${seed}` : `${model}, seed ${seed}`;
  }

  /** What it is called, and what differs from the run beside it. @param {Config} config */
  settings(config) {
    const others = SETTINGS.filter((name) => name !== "seed" && config[name] !== this.beside.job.config[name]);
    return [this.called(config), ...others.map((name) => `${name} ${config[name]}`)].join(", ");
  }

  /** How far it is, with its own figures beside those of the other run. */
  get progress() {
    const mine = this.yours.mine;
    if (!mine?.run) return this.hasChoice ? `${INTRODUCED} ${CHOOSE}` : INTRODUCED;
    const { job, ends } = mine.run.run;
    const far = `Yours, ${this.settings(job.config)}: ${mine.run.progress}.`;
    const last = ends.at(-1);
    const theirs = this.beside.job.accuracies[last?.epoch];
    if (!last || theirs === undefined) return far;
    return `${far} After epoch ${counted(last.epoch + 1)}, ${accuracy(last.accuracy)} of valid is right; for ${this.name} it was ${accuracy(theirs)}.`;
  }
}
