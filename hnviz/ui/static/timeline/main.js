// The time slider's Play button: asks Python for one snapshot after the other.
//
// data = { steps: [step], shown }
// Reported: "step", [step, when, plays]: `when` makes every report a new one, `plays` says that
// another will follow. The next one waits until the run that this one caused has ended, so that
// a slow picture is shown too: a report in the middle of a run would end it.

import { define } from "../shared/define.js";

const EACH = 200; // ms a snapshot
const LOST = 3000; // ms without a run and without an answer, after which a report is made again
const LOOK = 15; // ms between two looks
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
  }

  update({ data, send }) {
    // The run that shows what was asked for is under way, or somebody has moved the slider.
    if (data.shown !== this.data?.shown) this.asked = null;
    this.data = data;
    this.send = send;
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
    this.report(this.data.shown, false); // what waits for the end of play may now be drawn
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
    const last = this.at >= steps.length - 1;
    this.report(steps[Math.min(this.at, steps.length - 1)], !last);
    if (last) this.stop();
    else this.wait();
  }

  report(step, plays) {
    this.asked = step === this.data.shown ? null : step;
    this.sent = this.seen = performance.now();
    this.send("step", [step, Date.now(), plays]);
  }

  wait() {
    this.timer = setTimeout(() => {
      const now = performance.now();
      if (isRunning()) this.seen = now;
      if (this.asked !== null && now - this.seen > LOST) this.report(this.asked, true);
      if (this.asked !== null || isRunning() || now - this.sent < EACH) return this.wait();
      const moved = this.data.steps.indexOf(this.data.shown); // the slider may have been moved
      this.at = moved < 0 ? this.at : moved;
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
  }
}

export const render = define({
  styles: new URL("timeline.css", import.meta.url),
  create: (root) => new Timeline(root),
});
