// @ts-check
// A student's part of the class's experiment: guess, train on this device, send, see what the class has found.
//
// What has been trained is stored until the server has it, so a lost connection or a closed page loses nothing. A run
// that was under way begins again: its seed gives the same run.

import { html, render } from "../../../../vendor/preact/preact.js";
import { train } from "../../../../browser/worker.js";
import { ClassRoom } from "../../../kit/class/class.js";
import { LETTERS, NO_DIFFERENCE, SEEDS, settingOf, shared } from "../../../kit/class/findings.js";
import { Line, ask, post } from "../../../kit/class/line.js";
import { Shown, asideText } from "../../../kit/class/shown.js";
import { Refusals } from "../../../kit/js/refusals.js";
import { accuracy, plural } from "../../../kit/js/text.js";

/**
 * @typedef {import("../../../kit/class/findings.js").Experiment} Experiment
 * @typedef {{ losses: number[], valid_losses: number[], accuracies: number[], diverged: boolean }} Trained
 * @typedef {{ experiment: number, seed: number, squares: number[], runs: Trained[] }} Result
 */

const KEPT = "hnviz-class-result";
const WORKER = new URL("../../../../browser/worker.js", import.meta.url).href;
const NOT_IN = 403; // the class does not know this browser
const NEVER = [413, 422]; // the server will not take the same again
const DIGITS = 7; // of a loss, which has single precision

const FILLS_MS = 2000;
let timer = 0;

const home = new URL("../", location.href);
const room = new ClassRoom(home);
const place = /** @type {HTMLElement} */ (document.querySelector("main"));

/** @type {{ experiment: Experiment|null, isOut: boolean, isBusy: boolean, trouble: string, result: Result|null, steps: number[] }} */
const now = { experiment: null, isOut: !room.joined, isBusy: false, trouble: "", result: stored(), steps: [] };

const refusals = new Refusals((trouble) => set({ trouble }));
const line = new Line(home, {
  hello: () => [{ op: "hello", token: room.token }],
  hear: (message) => ("mine" in message || "experiment" in message) && lookSoon(), // once connected, and of a change
  refused: (reason) => {
    set({ isOut: true });
    refusals.say("line", reason);
  },
});

/** @param {Partial<typeof now>} changes */
function set(changes) {
  Object.assign(now, changes);
  render(view(), place);
}

/** See what the experiment is now: while a map fills, not all phones at once, and not at each run. */
function lookSoon() {
  timer ||= window.setTimeout(() => void (look(), (timer = 0)), now.experiment?.map ? FILLS_MS * (0.5 + Math.random()) : 0);
}

/** See what the experiment is now; send what the server does not have. */
async function look() {
  const said = await refusals.attempt("look", () => ask(home, "experiment").catch(leaveIf), look);
  if (!said) return;
  take(said);
  if (now.result && !now.isBusy) await send();
}

/** @param {{ experiment: Experiment|null }} said */
function take({ experiment }) {
  if (experiment?.id !== now.experiment?.id) refusals.end("press"); // it was about the one before
  set({ experiment });
}

/** The class does not know this browser: say so, and nothing else. @param {import("../../../kit/js/source.js").Refusal} refusal */
function leaveIf(refusal) {
  if (refusal.status !== NOT_IN) throw refusal;
  set({ isOut: true });
}

/** @param {number} choice */
const guess = (choice) => refusals.attempt("press", async () => take(await post(home, "experiment/guess", { experiment: now.experiment?.id, choice })));

/** Train what the class gives to this student, and send it. */
async function begin() {
  if (now.isBusy || !now.experiment) return;
  const { id } = now.experiment;
  set({ isBusy: true, steps: [] });
  await refusals.attempt("press", async () => {
    take(await post(home, "experiment/task", { experiment: id }));
    const task = now.experiment?.you?.task;
    if (!task) return;
    const [seed, squares] = task;
    const job = await ask(home, `experiment/${id}/job`);
    const runs = [];
    for (const [at, square] of squares.entries()) runs.push(await trained(job, square, seed, at));
    keep({ experiment: id, seed, squares, runs });
    await send();
  });
  set({ isBusy: false });
}

/**
 * Train one run to its end.
 * @param {any} job
 * @param {number} square
 * @param {number} seed
 * @param {number} at its place among the runs
 * @returns {Promise<Trained>}
 */
function trained({ squares, ...text }, square, seed, at) {
  const { form, config } = squares[square];
  /** @type {Trained} */
  const run = { losses: [], valid_losses: [], accuracies: [], diverged: false };
  let drawn = 0;
  return new Promise((resolve, reject) => {
    train({ job: { form, config: { ...config, seed }, ...text } }, (event) => {
      if (event.event === "batch") {
        run.losses.push(short(event.loss));
        if (performance.now() - drawn < 100) return;
        drawn = performance.now();
        set({ steps: Object.assign([...now.steps], { [at]: event.step + 1 }) });
      } else if (event.event === "epoch") {
        run.valid_losses.push(short(event.valid_loss));
        run.accuracies.push(short(event.accuracy));
      } else if (event.event === "ended") {
        run.diverged = event.status === "diverged";
        set({ steps: Object.assign([...now.steps], { [at]: run.losses.length }) });
        if (run.diverged || event.status === "finished") resolve(run);
        else reject(new Error(event.message));
      }
    }, WORKER);
  });
}

/** @param {number} value */
const short = (value) => Number(value.toPrecision(DIGITS));

/** Send what is stored; it stays until the server has it, or will never take it. */
async function send() {
  const { result } = now;
  if (!result) return;
  await refusals.attempt("send", async () => {
    const { experiment } = await post(home, "experiment/result", result).catch((error) => {
      if (NEVER.includes(error.status)) keep(null);
      throw error;
    });
    keep(null);
    set({ experiment: experiment.id === now.experiment?.id || !now.experiment ? experiment : now.experiment });
  });
}

/** @param {Result|null} result */
function keep(result) {
  now.result = result;
  try {
    if (result) localStorage.setItem(KEPT, JSON.stringify(result));
    else localStorage.removeItem(KEPT);
  } catch {
    return; // it is lost when the page is closed
  }
}

/** @returns {Result|null} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

// --- What is shown -------------------------------------------------------------------------------------

function view() {
  const { experiment, isOut, trouble } = now;
  const said = html`<p class="trouble" role="alert">${trouble}</p>`;
  if (isOut) return html`<h1>Train with the class</h1>${said}<p>Join the class first: <a href="join">type the code on the teacher's screen</a>.</p>`;
  if (!experiment) return html`<h1>Train with the class</h1>${said}<p role="status">The teacher has not begun an experiment. Wait here: this page shows it when it begins.</p><p><a href="join">The lessons</a></p>`;
  return html`<h1>${experiment.map ? "Train together" : "Is A better than B?"}</h1>
    ${experiment.map ? plan(experiment) : question(experiment)}
    ${said}
    ${press(experiment)}
    ${sent(experiment)}
    ${(experiment.map || experiment.revealed) && html`<h2>What the class has found</h2><${Shown} of=${experiment} /><p>${asideText(experiment)}</p>`}
    <p><a href="join">The lessons</a></p>`;
}

/** @param {Experiment} experiment */
const plan = (experiment) => html`<p>The class fills a map: ${shared(experiment)} in each square, from ${SEEDS} seeds or more. All squares read the same number of words a step. You train one square at a time, and the class sees it at once.</p>`;

/** @param {Experiment} experiment */
function question(experiment) {
  const { you, revealed } = experiment;
  const isFixed = revealed || Boolean(you?.sent.length) || now.isBusy || now.result !== null;
  const names = [...LETTERS.map((letter, at) => `${letter}: ${settingOf(experiment, at)}`), NO_DIFFERENCE];
  return html`
    <p>${names[0]}. ${names[1]}. Everything else is equal: ${shared(experiment)}. Each phone trains both, from a seed of its own.</p>
    <p id="ask">Which one will be right more often on words that it never trained on?</p>
    <div class="choices" role="group" aria-labelledby="ask">
      ${names.map((name, at) => html`<button type="button" disabled=${isFixed} aria-pressed=${String(you?.guess === at)} onClick=${() => guess(at)}>${name}</button>`)}
    </div>`;
}

/** The one button, or how far it is. @param {Experiment} experiment */
function press(experiment) {
  const { map, you, revealed } = experiment;
  if (now.isBusy) return progress(experiment);
  if (now.result) return html`<p role="status">You have trained; the class does not have it yet. It is stored on this device.</p><button type="button" onClick=${send}>Send it again</button>`;
  if (!map && you?.sent.length) return null;
  if (!map && !revealed && (you?.guess ?? null) === null) return html`<p role="status">Guess first; then train.</p>`;
  const name = !map ? "Train both here" : you?.sent.length ? "Train another square" : "Train a square";
  return html`<button type="button" onClick=${begin}>${name}</button>`;
}

/** @param {Experiment} experiment */
function progress(experiment) {
  const squares = experiment.you?.task?.[1] ?? [];
  if (!squares.length) return html`<p role="status">Sending …</p>`;
  return html`<ul class="runs">${squares.map((square, at) => {
    const step = now.steps[at] ?? 0;
    const name = `${experiment.map ? "" : `${LETTERS[at]}: `}${settingOf(experiment, square)}`;
    return html`<li>${name}, step ${step.toLocaleString("en")} of ${experiment.steps.toLocaleString("en")}<progress max=${experiment.steps} value=${step} aria-label=${name}></progress></li>`;
  })}</ul><p role="status">This device trains. Keep the page open; if you leave, it begins again when you come back.</p>`;
}

/** What has become of the student's own runs. @param {Experiment} experiment */
function sent(experiment) {
  const { map, you, came, revealed } = experiment;
  const rows = you?.sent ?? [];
  if (!rows.length) return null;
  const end = (/** @type {number|null} */ share) => (share === null ? "diverged" : `${accuracy(share)} right`);
  const one = (/** @type {import("../../../kit/class/findings.js").Sent} */ { task: [seed, of], accuracies, wrong }) => html`<li>
    Seed ${seed}. ${of.map((square, at) => `${map ? settingOf(experiment, square) : LETTERS[at]}: ${end(accuracies[at])}`).join(", ")}.
    ${wrong && ` The server trained this seed again and got other losses, so it does not count: ${wrong}.`}</li>`;
  const all = `The class has ${plural(came, "result")}.`;
  return html`<ul class="settings">${rows.map(one)}</ul><p role="status">${all}${map || revealed ? "" : " The teacher shows them all."}</p>`;
}

set({});
if (room.joined) line.connect();
