// The run bar: which run a page shows, its training step with Play, and what can be done to it.

import { maker } from "../../kit/js/make.js";
import { menu, PlayButton } from "../../kit/js/parts.js";
import { picture } from "../../kit/js/picture.js";
import { isLocked } from "../../kit/js/present.js";
import { SNAPSHOT, SPEEDS } from "../../kit/js/timeline.js";
import { HAS_NONE } from "../../kit/js/tables.js";

const RANGE_EXPLAINED =
  "How many times the weights had been updated at this snapshot. Early snapshots are closer together: " +
  "the network changes most there.";
const PLAY_EXPLAINED = "Play the training from the step shown, or from the first one";

const NARROW = 600; // px
const PAUSED = "Hold the run where it is";
const CONTINUE = "The run is only paused: go on from this very step";
const AGAIN = "Train the run from its first step; what it has learnt is lost";
const RESUME = "The run has ended: train on from its last checkpoint, which may be some steps back";

class Bar {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const first = (this.first = make("div", "line"));
    first.hidden = true;
    this.told = make("span", "told", first);
    this.told.setAttribute("aria-live", "polite");
    this.lost = make("span", "lost", first, "Connection lost; trying again …");
    this.lost.hidden = true;
    this.actions = make("div", "actions", first);
    this.actions.setAttribute("role", "group");
    this.actions.setAttribute("aria-label", "The run that trains");
    this.actions.hidden = true;
    this.pause = this.button(make, "Pause", () => this.act(this.pauseAction()));
    this.again = this.button(make, "Start again", () => this.act("start_again"));
    this.again.title = AGAIN;
    this.step = this.button(make, "Step", () => this.act("step"));
    this.step.title = "Pause the run and make one update of the weights";
    this.stop = this.button(make, "Stop", () => this.act("stop"));
    this.stop.title = "End the run and keep it; anyone who has its link can do this";
    this.progress = make("div", "progress");
    this.progress.setAttribute("role", "progressbar");
    this.progress.setAttribute("aria-label", "How far the run has come");
    this.progress.hidden = true;
    this.done = make("div", "done", this.progress);
    this.time = make("div", "line time");
    this.time.setAttribute("role", "group");
    this.time.setAttribute("aria-label", "The training, step by step");
    this.play = new PlayButton(this.time, () => (this.timeline.playing ? this.timeline.pause() : this.timeline.play()), "the training");
    this.play.element.title = PLAY_EXPLAINED;
    const label = make("label", "label", this.time, "Training step");
    label.title = RANGE_EXPLAINED;
    this.slider = make("input", "slider", label);
    this.slider.type = "range";
    this.slider.min = "0";
    this.slider.oninput = () => this.slide(false);
    this.slider.onchange = () => this.slide(true);
    this.shown = make("output", "shown", this.time);
    this.rate = menu(this.time, "Speed");
    this.rate.append(...SPEEDS.map((speed) => new Option(`${speed} a second`, String(speed))));
    this.rate.onchange = () => this.timeline.setSpeed(Number(this.rate.value));
    this.time.hidden = true;
    this.watch = kit.tab.live.onConnection((connected) => (this.lost.hidden = connected));
  }

  button(make, name, press) {
    const button = make("button", name.toLowerCase(), this.actions, name);
    button.type = "button";
    button.onclick = press;
    return button;
  }

  draw({ settings, run }) {
    this.settings = settings;
    this.opened &&= run === this.run;
    this.run = run;
    this.kit.expect(this.timeline.known, "news of the run");
    this.hear();
  }

  get timeline() {
    return this.kit.timeline;
  }

  hear() {
    this.showRun();
    this.showTime();
  }

  showRun() {
    const { facts } = this.timeline;
    const { named } = this.settings;
    if (named) this.first.hidden = false; // its place is kept until the run is known
    if (!facts.status) return;
    this.told.textContent = `${named ? "Shown below is " : ""}${facts.name}: ${facts.progress_text}`;
    this.first.hidden = facts.shipped && !named; // the sidebar says which one it is
    const resumable = facts.resumable && !facts.is_live && !facts.shipped;
    // A loop outside hnviz that trains a run cannot be paused or stopped from here.
    this.actions.hidden = isLocked() || facts.recorded || !(facts.is_live || resumable);
    this.pause.textContent = resumable ? "Resume" : facts.status === "paused" ? "Continue" : "Pause";
    this.pause.title = resumable ? RESUME : facts.status === "paused" ? CONTINUE : PAUSED;
    this.pause.disabled = facts.status === "queued";
    this.again.hidden = !(resumable && facts.status === "failed");
    this.step.hidden = !facts.is_live;
    this.step.disabled = facts.status === "queued";
    this.stop.hidden = !facts.is_live;
    this.progress.hidden = !facts.is_live;
    this.done.style.width = `${100 * facts.progress}%`;
    this.progress.setAttribute("aria-valuenow", String(Math.round(100 * facts.progress)));
    Object.assign(this.kit.root.dataset, { status: facts.status, runStep: facts.step });
  }

  showTime() {
    const { facts, steps, step, playing, buffering, speed, trouble } = this.timeline;
    this.time.hidden = !this.settings.slider || steps.length < 2;
    this.time.classList.toggle("waits", !this.settings.whileTraining && this.timeline.moves);
    this.kit.refusals.say("play", steps.length ? trouble : ""); // before, the kit says it
    if (steps.length && !this.opened) this.open();
    if (step === null) return;
    this.slider.max = String(steps.length - 1);
    const at = steps.indexOf(step);
    if (Number(this.slider.value) !== at) this.slider.value = String(at);
    const name = step === 0 ? "0, untrained" : `${step.toLocaleString("en")} of ${(facts.n_steps ?? steps.at(-1)).toLocaleString("en")}`;
    this.shown.textContent = buffering ? bufferingText(buffering, this.kit.width < NARROW) : name;
    this.slider.setAttribute("aria-valuetext", `step ${name}`);
    this.play.show(playing);
    this.time.classList.toggle("plays", playing);
    if (Number(this.rate.value) !== speed) this.rate.value = String(speed);
    this.kit.root.dataset.shown = step;
  }

  slide(rests) {
    const step = this.timeline.steps[Number(this.slider.value)]; // a pause sets the slider to what is shown
    if (this.timeline.playing) this.timeline.pause();
    this.timeline.show(step, rests);
  }

  pauseAction() {
    const name = this.pause.textContent;
    return name === "Resume" ? "resume" : name === "Continue" ? "go_on" : "pause";
  }

  async act(action) {
    const { run } = this.timeline;
    const now = await this.kit.refusals.attempt("press", () => this.kit.source.post(`api/runs/${encodeURIComponent(run)}/${action}`, {}));
    if (now && run === this.timeline.run) this.timeline.hear(now); // the news come up to 30 ms later
  }

  /** The run's snapshots are known: say if the address asks for another one. */
  open() {
    this.opened = true;
    const isThere = (text) => this.timeline.steps.map(String).includes(text) || null;
    this.kit.asked.value(SNAPSHOT, isThere, "a snapshot of this run", null);
  }

  destroy() {
    this.timeline?.pause();
    this.watch();
  }
}

/** How far a play is that waits for its snapshots, in as many words as fit into the line. */
function bufferingText({ have, of, since }, isNarrow) {
  const seconds = `${Math.round((performance.now() - since) / 1000)} s`;
  return isNarrow ? `loading ${have} of ${of}, ${seconds}` : `Loading: ${have} of ${of} snapshots, ${seconds} so far`;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  create: (body, kit) => new Bar(body, kit),
});
