// Six snapshots of one text as small pictures; each is a button of the time slider.
//
// data = { steps: [step], shown, size: [units, tokens], pictures }
//   pictures  address of bytes, picture by picture and row by row: 128 is zero, 255 full colour
// Reported: "step", [step, when], as the Play button does.

import { define, fetchOnce } from "../../../kit/js/define.js";
import { ramp } from "../../../kit/js/ramp.js";

class Strip {
  constructor(root) {
    this.frames = document.createElement("div");
    this.frames.className = "frames";
    this.frames.setAttribute("role", "group");
    this.frames.setAttribute("aria-label", "Snapshots of the same text");
    root.append(this.frames);
  }

  update({ data, files, theme, send }) {
    this.send = send;
    const drawn = [data.pictures, data.steps.join(), theme.diverging.join()].join();
    if (drawn !== this.drawn) this.lay(data, new Uint8Array(files), theme);
    this.drawn = drawn;
    for (const button of this.frames.children) {
      button.setAttribute("aria-pressed", Number(button.dataset.step) === data.shown);
    }
  }

  lay({ steps, size }, bytes, theme) {
    const shade = ramp(theme.diverging);
    const [units, n] = size;
    const buttons = steps.map((step, frame) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [n, units];
      const image = new ImageData(n, units);
      for (let at = 0; at < units * n; at++) image.data.set([...shade[bytes[frame * units * n + at]], 255], 4 * at);
      canvas.getContext("2d").putImageData(image, 0, 0);
      const name = document.createElement("span");
      name.textContent = step === 0 ? "step 0, untrained" : `step ${step.toLocaleString("en")}`;
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.step = step;
      button.append(canvas, name);
      button.onclick = () => this.send("step", [step, Date.now()]);
      return button;
    });
    this.frames.replaceChildren(...buttons);
  }

  destroy() {}
}

export const render = define({
  styles: new URL("strip.css", import.meta.url),
  load: (data, home) => fetchOnce(new URL(data.pictures, home), "arrayBuffer"),
  create: (root) => new Strip(root),
});
