// Six snapshots of one text as small pictures; a press on one moves the slider there.

import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { ramp } from "../../../kit/js/ramp.js";
import { HAS_NONE } from "../../../kit/js/tables.js";

const FRAMES = 6;

/** The first snapshot, the last one, and four between: early ones are closer in time. */
export function framesOf(steps) {
  const n = Math.min(FRAMES, steps.length);
  return Array.from({ length: n }, (_, at) => steps[Math.round((at * (steps.length - 1)) / Math.max(1, n - 1))]);
}

class Strip {
  constructor(body, kit) {
    this.kit = kit;
    this.frames = maker(body)("div", "frames");
    this.frames.setAttribute("role", "group");
    this.frames.setAttribute("aria-label", "The same text at six training steps");
    this.drawn = "";
  }

  draw({ theme, step }) {
    const { timeline } = this.kit;
    const steps = timeline.moves ? [] : framesOf(timeline.steps);
    const wanted = [steps.map((each) => this.kit.questions.addresses(each)).join(), theme.dark].join();
    if (wanted !== this.drawn) this.lay(steps, theme, wanted);
    for (const button of this.frames.children) button.setAttribute("aria-pressed", Number(button.dataset.step) === step);
  }

  async lay(steps, theme, wanted) {
    this.drawn = wanted;
    const answers = await Promise.all(steps.map((step) => this.kit.asking.load(step))).catch(() => []);
    if (this.drawn !== wanted) return; // another text was asked for meanwhile
    const seen = answers.map(([answer]) => answer);
    if (!seen.length || seen.includes(undefined)) {
      this.drawn = ""; // out of sight, or refused: the next drawing asks again
      return;
    }
    const scale = Math.max(...seen.map(({ meta }) => meta.scale));
    this.frames.replaceChildren(...seen.map((answer, at) => this.frame(steps[at], answer, scale, theme)));
  }

  frame(step, { arrays }, scale, theme) {
    const shade = ramp(theme.diverging);
    const [units, n] = arrays.values.shape;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [n, units];
    const image = new ImageData(n, units);
    arrays.values.data.forEach((value, at) => {
      const share = Math.max(-1, Math.min(1, value / scale));
      image.data.set([...shade[Math.round((share + 1) * 127.5)], 255], 4 * at);
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.step = step;
    button.setAttribute("aria-pressed", step === this.kit.timeline.step);
    button.append(canvas);
    maker(button)("span", "", button, step === 0 ? "step 0, untrained" : `step ${step.toLocaleString("en")}`);
    button.onclick = () => {
      this.kit.timeline.pause();
      this.kit.timeline.show(step);
    };
    return button;
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  keeps: true,
  table: HAS_NONE.control,
  create: (body, kit) => new Strip(body, kit),
});
