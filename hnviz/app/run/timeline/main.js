// The time slider's Play button: asks Python for one snapshot after the other.
//
// data = { steps: [step], shown, rests }
// Reported: "step", [step, when]: `when` makes every report a new one. The next one waits until the
// run that this one caused has ended, so that a slow picture is shown too: a report in the middle
// of a run would end it. Whoever takes hold of the slider or of a frame ends the play.
// "rest", a snapshot that stays in view, where `rests` asks for it: what takes long waits for that.

import { define } from "../../kit/js/define.js";

const EACH = 200; // ms a snapshot
const LOST = 3000; // ms without a run and without an answer, after which a report is made again
const LOOK = 15; // ms between two looks
const REST = 1000; // ms after which a snapshot is thought to stay
const HELD = ".st-key-snapshot, .st-key-states_strip, .st-key-time_weights";
const ICONS = { Play: "M1 0L11 5.5L1 11Z", Pause: "M1 0H4.4V11H1ZM6.6 0H10V11H6.6Z" };

/** Whether a script run is in progress; Streamlit tells it on its outermost element. */
function isRunning() {
  const app = document.querySelector("[data-test-script-state]");
  return app?.dataset.testScriptState === "running";
}

class Timeline {
  constructor(root) {
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.onclick = () => (this.playing ? this.pause() : this.play());
    root.append(this.button);
    this.playing = false;
    this.timer = 0;
    this.asked = null; // the snapshot that is being waited for
    this.name();
    this.held = ({ target, key }) => this.playing && key !== "Tab" && target.closest?.(HELD) && this.pause();
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, this.held, true);
  }

  update({ data, send }) {
    if (this.playing && String(data.steps) !== String(this.data.steps)) this.stop(); // another run
    if (data.shown === this.asked) this.asked = null; // the run that shows it is under way
    const moved = this.data && data.shown !== this.data.shown;
    this.data = data;
    this.send = send;
    if (moved) this.rest();
    this.button.dataset.shown = data.shown;
  }

  play() {
    const { steps, shown } = this.data;
    this.playing = true;
    this.at = shown === steps.at(-1) ? -1 : steps.indexOf(shown);
    this.name();
    this.next();
  }

  pause() {
    this.stop();
    this.rest();
  }

  stop() {
    clearTimeout(this.timer);
    this.playing = false;
    this.asked = null;
    this.name();
  }

  next() {
    const { steps } = this.data;
    this.at += 1;
    if (this.at >= steps.length) return this.pause(); // all are shown
    this.report(steps[this.at]);
    this.wait();
  }

  report(step) {
    this.asked = step;
    this.sent = this.seen = performance.now();
    this.send("step", [step, Date.now()]);
  }

  rest() {
    clearTimeout(this.resting);
    if (this.playing || !this.data.rests) return;
    this.resting = setTimeout(() => this.send("rest", this.data.shown), REST);
  }

  wait() {
    this.timer = setTimeout(() => {
      const now = performance.now();
      if (isRunning()) this.seen = now;
      if (this.asked !== null && now - this.seen > LOST) this.report(this.asked);
      if (this.asked !== null || isRunning() || now - this.sent < EACH) return this.wait();
      return this.next();
    }, LOOK);
  }

  name() {
    const name = this.playing ? "Pause" : "Play";
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 11 11");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    icon.append(path);
    this.button.replaceChildren(icon, name);
    this.button.title = "Play the snapshots from the one in view on, or from the first";
  }

  destroy() {
    clearTimeout(this.timer);
    clearTimeout(this.resting);
    for (const event of ["pointerdown", "keydown"]) removeEventListener(event, this.held, true);
  }
}

export const render = define({
  styles: new URL("timeline.css", import.meta.url),
  create: (root) => new Timeline(root),
});
