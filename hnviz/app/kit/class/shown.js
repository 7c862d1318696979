// @ts-check
// What a class's experiment shows, drawn: guesses, differences, a map. The teacher's page and phones share it; shown.css
// has its look. Places are in percent, so that it fits every width.

import { html } from "../../../vendor/preact/preact.js";
import { accuracy, plural } from "../js/text.js";
import { plainOf, told as sentence } from "../js/ui.js";
import { LETTERS, NO_DIFFERENCE, bestOf, called, gapOf, mapVerdict, pairsOf, settingOf, shadesOf, squaresOf, told, verdict } from "./findings.js";

/** @typedef {import("./findings.js").Experiment} Experiment */

const DOT = 9; // px from one seed to the next
const HIGHEST = 260; // px of all seeds
const EDGE = 1.08; // of the farthest difference, at which the axis ends
const TICKS = [1, 2, 5, 10, 20, 50];

/** Guesses and differences, or the map. @param {{ of: Experiment }} properties */
export const Shown = ({ of }) => (of.map ? html`<${Squares} of=${of} />` : html`<${Guesses} of=${of} /><${Differences} of=${of} />`);

/** How many guessed what, with the answer marked. @param {{ of: Experiment }} properties */
function Guesses({ of }) {
  const guesses = of.guesses ?? [];
  const most = Math.max(1, ...guesses);
  const right = told(of)?.better;
  const names = [...LETTERS.map((letter, at) => `${letter}: ${settingOf(of, at)}`), NO_DIFFERENCE];
  return html`<ul class="guesses" aria-label="What the class guessed">
    ${names.map((name, at) => html`<li class=${at === right ? "right" : ""}>
      <span class="name">${name}</span><span class="bar" style=${`--share: ${guesses[at] / most}`}></span><span class="n">${guesses[at]}${at === right ? " ✓" : ""}</span>
    </li>`)}
  </ul>`;
}

/** The difference of each seed, their mean and its interval. @param {{ of: Experiment }} properties */
function Differences({ of }) {
  const said = verdict(of);
  const pairs = pairsOf(of);
  const found = told(of);
  const text = html`<p class="verdict" role="status">${sentence(said)}</p>`;
  if (!found) return text;
  const gaps = pairs.map(gapOf);
  const far = EDGE * Math.max(0.1, ...gaps.map(Math.abs), Math.abs(found.low), Math.abs(found.high));
  const place = (/** @type {number} */ gap) => `${(50 + (50 * gap) / far).toFixed(2)}%`;
  const high = Math.min(HIGHEST, DOT * pairs.length + 24);
  const row = (/** @type {number} */ at) => `${12 + (at * (high - 24)) / Math.max(1, pairs.length - 1)}px`;
  const against = (/** @type {number} */ gap) => Math.sign(gap) !== Math.sign(found.mean);
  return html`${text}
    <div class="differences" role="img" aria-label=${plainOf(said)}>
      <div class="plot" style=${`height: ${high}px`}>
        <i class="band" style=${`left: ${place(found.low)}; right: calc(100% - ${place(found.high)})`}></i>
        ${ticksTo(far).map((tick) => html`<i class=${tick ? "line" : "line zero"} style=${`left: ${place(tick)}`}></i>`)}
        <i class="mean" style=${`left: ${place(found.mean)}`}></i>
        ${pairs.map((pair, at) => html`<i class=${against(gaps[at]) ? "dot against" : "dot"} style=${`left: ${place(gaps[at])}; top: ${row(at)}`}
          title=${`seed ${pair[0]}: A ${accuracy(pair[1])}, B ${accuracy(pair[2])}`}></i>`)}
      </div>
      <div class="ticks">${ticksTo(far).map((tick) => html`<span style=${`left: ${place(tick)}`}>${tick > 0 ? `+${tick}` : String(tick).replace("-", "−")}</span>`)}</div>
      <div class="sides"><span>← A is better</span><span>B is better →</span></div>
    </div>
    <p class="legend">Each mark is one seed: the accuracy of B on valid minus that of A, in points. ● has the sign of the mean, ◇ has not. The band is the 95 % interval of the mean.</p>`;
}

/** @param {number} far */
function ticksTo(far) {
  const step = TICKS.find((each) => far / each <= 3.5) ?? 50;
  const n = Math.floor(far / step);
  return Array.from({ length: 2 * n + 1 }, (_, at) => (at - n) * step);
}

/** A square for each pair of values. @param {{ of: Experiment }} properties */
function Squares({ of }) {
  const [[down, downs], [along, alongs]] = Object.entries(of.axes);
  const squares = squaresOf(of);
  const found = bestOf(of);
  const shades = shadesOf(of);
  const look = (/** @type {number} */ at) => (found && (at === found.best || found.ties.includes(at)) ? (found.ties.length ? "tie" : "best") : "");
  const cell = (/** @type {number} */ at) => {
    const square = squares[at];
    const n = (of.results ?? []).filter((each) => each.square === at).length;
    const rest = n ? `${plural(n, "seed")}${square && square.n < n ? `, ${n - square.n} diverged` : ""}` : "no run yet";
    const mark = { tie: "= ", best: "★ ", "": "" }[look(at)];
    return html`<td class=${look(at)} style=${`--share: ${shades[at].toFixed(3)}`}><b>${square ? `${mark}${accuracy(square.mean)}` : n ? "diverged" : "…"}</b><small>${rest}</small></td>`;
  };
  return html`<p class="verdict" role="status">${sentence(mapVerdict(of))}</p>
    <div class="scroll"><table class="squares">
      <caption>Accuracy on valid, mean of the seeds. ★ is best; = are squares that their seeds cannot rank.</caption>
      <thead><tr><td></td>${alongs.map((value) => html`<th scope="col">${called(along, value)}</th>`)}</tr></thead>
      <tbody>${downs.map((value, row) => html`<tr><th scope="row">${called(down, value)}</th>${alongs.map((_, column) => cell(row * alongs.length + column))}</tr>`)}</tbody>
    </table></div>`;
}

/** What does not count. @param {Experiment} of */
export function asideText({ aside, deciding }) {
  if (!aside) return "";
  return `${plural(aside, "result")} ${aside === 1 ? "does" : "do"} not count: the server trained the first ${deciding} steps again and got other losses.`;
}

