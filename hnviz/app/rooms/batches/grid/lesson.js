// What to notice, in four steps: rows read on, the target, the state carries on, the full size.

import { maker } from "../../../kit/js/make.js";
import { putInAddress } from "../../../kit/js/address.js";
import { bold, count, plural, quoted } from "./words.js";

const NOTICE = "notice"; // in the address: the step, from 1
const STEPS = ["Rows read on", "Target", "State carries on", "Full size"];
const SIZE = STEPS.length - 1;

export class Lesson {
  /** `press(step)` moves the picture; `resize(name)` asks for the "small" or the "large" view. */
  constructor(host, { asked, press, resize }) {
    this.press = press;
    this.resize = resize;
    this.step = asked.number(NOTICE, 1, STEPS.length, 1) - 1;
    const make = maker(host);
    const row = make("div", "choices-row");
    this.buttons = STEPS.map((name, step) => {
      const made = make("button", "", row, `${step + 1} ${name}`);
      made.type = "button";
      made.addEventListener("click", () => this.take(step));
      return made;
    });
    this.text = make("p", "lesson-text");
    this.text.dataset.testid = "batches_lesson";
    this.text.ariaLive = "polite";
  }

  take(step) {
    const leaves = this.step === SIZE && this.isLarge;
    this.step = step;
    putInAddress(NOTICE, step + 1);
    if (step === SIZE) this.resize("large");
    else if (leaves) this.resize("small");
    this.press(step);
  }

  /** Say the step for a cell; `sizes` is { small, large }, each [bs, bptt]. */
  show(layout, stream, cell, { small, large }) {
    this.isLarge = layout.bs === large[0] && layout.bptt === large[1];
    const onlySmall = large.join() === small.join(); // the text is too short for more
    this.buttons[SIZE].disabled = onlySmall;
    const said = [sayRows, sayTarget, sayState, saySize][this.step](layout, stream, cell);
    const text = said.map((part) => part.textContent ?? part).join("");
    const size = onlySmall ? STEPS[SIZE] : `${STEPS[SIZE]}: ${large.join(" × ")}`;
    const shown = `${this.step} ${size} ${text}`;
    if (shown === this.shown) return; // a play shows 30 mini-batches a second
    this.shown = shown;
    this.buttons[SIZE].textContent = `${SIZE + 1} ${size}`;
    this.buttons.forEach((button, step) => (button.ariaCurrent = step === this.step ? "step" : null));
    this.text.replaceChildren(...said);
  }
}

function sayRows({ bs, bptt, shuffled }) {
  const rows = bs > 1 ? `all ${count(bs)} rows, read side by side` : "the one row";
  const said = shuffled
    ? ` holds ${plural(bptt, "token")} for ${rows}. Press Play: each time, a row reads another place of the text.`
    : ` holds the next ${plural(bptt, "token")} of ${rows}. Press Play: all rows read on through the text.`;
  return ["Each ", bold("mini-batch"), said];
}

function sayTarget(layout, stream, cell) {
  const at = layout.position(cell);
  const word = (position) => bold(quoted(stream.words[stream.ids[position % stream.nTokens]]));
  return ["The network reads the token x, ", word(at), ", and has to guess the ", bold("target"), " y, one token later in the text: ", word(at + 1), "."];
}

function sayState(layout, stream, [batch, row]) {
  if (layout.nBatches === 1) return ["One mini-batch is the whole pass, so there is no next one for a state to carry on to."];
  const from = Math.min(batch, layout.nBatches - 2);
  const word = (cell) => bold(quoted(stream.words[stream.ids[layout.position(cell)]]));
  const goesOn = layout.continues(from + 1, row);
  return [
    `Row ${row} ends mini-batch ${count(from)} with `,
    word([from, row, layout.bptt - 1]),
    ` and reads on in mini-batch ${count(from + 1)} with `,
    word([from + 1, row, 0]),
    goesOn ? ", the very next token. So its " : ", from elsewhere. So its ",
    bold("hidden state"),
    `, the network's memory of the row, ${goesOn ? "carries on and still fits" : "belongs to other text"}.`,
  ];
}

function saySize(layout) {
  const { bs, bptt, nBatches, nTokens, rowLength, shuffled } = layout;
  const again = nBatches * bs * bptt - nTokens;
  if (!again) return [`With ${plural(bs, "row")} of ${plural(bptt, "step")} every token is read once.`];
  const about = Math.round(nTokens / bs);
  const own = about === rowLength ? (nTokens / bs).toLocaleString("en-US", { maximumFractionDigits: 2 }) : count(about);
  let why = `each row owns about ${own} tokens but reads ${count(rowLength)}, into the next row's part`;
  if (bs === 1) why = "the row starts over to fill the last mini-batch";
  if (shuffled) why = "all mini-batches are full, so the first windows fill the slots that are left over";
  const slots = `${plural(again, "slot")} ${again === 1 ? "reads" : "read"} a token again`;
  return [bold(slots), ` (hatched, in the last mini-batches): ${why}.`];
}
