// Bars for valid, rings for train, one row per kind. A row is a button that picks its kind.

import { colorName } from "../../../kit/js/legend.js";
import { accuracy, percent } from "../../../kit/js/text.js";

/** The right end of the scale: 1 for shares; for losses, the next half above the highest mean of a kind. */
export function scaleOf({ epochs }, measure) {
  if (measure === "accuracy") return 1;
  const means = epochs.flatMap((epoch) => [...epoch.train, ...epoch.valid].map(([n, , loss]) => (n ? loss / n : 0)));
  return Math.max(0.5, Math.ceil(Math.max(...means) * 2) / 2);
}

const value = ([n, right, loss], measure) => (measure === "loss" ? loss : right) / n;
const written = (figures, measure) => (measure === "loss" ? value(figures, measure).toFixed(2) : accuracy(value(figures, measure)));

export class Bars {
  constructor(root, pick) {
    this.root = root;
    this.head = document.createElement("div");
    this.head.className = "head";
    this.foot = document.createElement("div");
    this.foot.className = "foot";
    const [bar, ring] = ["bar: valid", "ring: train"].map((text) => {
      const span = document.createElement("span");
      span.textContent = text;
      return span;
    });
    this.slots = document.createElement("span");
    this.foot.replaceChildren(bar, ring, this.slots);
    this.rows = new Map();
    this.pick = pick;
    root.append(this.head, this.foot);
  }

  row(kind) {
    if (!this.rows.has(kind)) {
      const row = document.createElement("button");
      row.type = "button";
      row.className = "row hnviz-drawn";
      row.dataset.kind = kind;
      row.innerHTML = '<i class="chip" aria-hidden="true"></i><span class="name"></span><span class="track"><u></u><em></em></span><b></b><small></small>';
      row.onclick = () => this.pick(kind);
      this.rows.set(kind, row);
      this.root.insertBefore(row, this.foot);
    }
    return this.rows.get(kind);
  }

  draw({ data, epoch, measure, theme, top, picked }) {
    this.drawHead(measure, top);
    for (const [index, kind] of data.kinds.entries()) {
      const row = this.row(kind);
      const [valid, train] = [epoch.valid[index], epoch.train[index]];
      const color = colorName(kind);
      const [chip, name, track, number, count] = row.children;
      chip.textContent = theme.letters[kind];
      chip.style.cssText = `background:${theme.kind[color]};color:${theme.kindText[color]}`;
      name.textContent = kind;
      const [bar, ring] = track.children;
      bar.style.cssText = `width:${(100 * (valid[0] ? value(valid, measure) : 0)) / top}%;background:${theme.kind[color]}`;
      bar.classList.toggle("edged", kind === "comma");
      ring.hidden = !train[0];
      ring.style.left = `${(100 * (train[0] ? value(train, measure) : 0)) / top}%`;
      number.textContent = valid[0] ? written(valid, measure) : "–";
      count.textContent = counts(valid, measure, epoch);
      row.setAttribute("aria-pressed", kind === picked);
      row.setAttribute("aria-label", label(kind, valid, train, measure));
      row.title = row.getAttribute("aria-label");
    }
    const n = epoch.valid.reduce((sum, [each]) => sum + each, data.special.valid);
    this.slots.textContent = `${n.toLocaleString("en")} answers on valid`;
  }

  drawHead(measure, top) {
    const step = top <= 1 ? top / 4 : top <= 2 ? 0.5 : 1;
    const ticks = document.createElement("span");
    ticks.className = "ticks";
    for (let at = 0; at <= top + 1e-9; at += step) {
      const tick = document.createElement("s");
      tick.textContent = measure === "loss" ? Number(at.toFixed(3)) : percent(at);
      tick.style.left = `${(100 * at) / top}%`;
      ticks.append(tick);
    }
    this.root.style.setProperty("--step", `${(100 * step) / top}%`); // the grid lines follow
    const name = document.createElement("span");
    name.textContent = measure === "loss" ? "loss per token" : "share right";
    this.head.replaceChildren(name, ticks);
  }
}

/** "3,708 of 5,858" answers; for the loss, the kind's share of it. */
function counts([n, right, loss], measure, { valid }) {
  if (measure === "accuracy") return `${right.toLocaleString("en")} of ${n.toLocaleString("en")}`;
  const all = valid.reduce((sum, each) => sum + each[2], 0);
  return `${percent(loss / (all || 1))} of the loss`;
}

function label(kind, valid, train, measure) {
  const said = (name, each) => {
    if (!each[0]) return `no answer on ${name}`;
    const count = `${each[1].toLocaleString("en")} of ${each[0].toLocaleString("en")}`;
    return measure === "loss" ? `loss ${value(each, "loss").toFixed(3)} on ${name}` : `${accuracy(value(each, measure))} right on ${name}, ${count}`;
  };
  return `${kind}: ${said("valid", valid)}; ${said("train", train)}. Press for its worst places.`;
}
