// @ts-check
// A student's guesses, kept in this browser alone. A step is named "<lesson>.<number>"; an answer
// is a number, or a list of numbers.
//
// A listener is called for each new answer: onAnswer((step, value) => ...).

const KEY = "hnviz.answers";
const MOST = 1000; // answers that are kept
const LONGEST = 64; // numbers of one answer

/** @typedef {number|number[]} Answer */

/** @type {Set<(step: string, value: Answer) => void>} */
const listeners = new Set();
/** @type {Map<string, Answer>|null} */
let kept = null;

/**
 * @param {unknown} value
 * @returns {value is Answer}
 */
const isAnswer = (value) =>
  Number.isFinite(value) || (Array.isArray(value) && value.length <= LONGEST && value.every(Number.isFinite));

// Another tab has written: what this one knows is read again.
globalThis.addEventListener?.("storage", ({ key }) => {
  if (key === KEY) kept = null;
});

/** All answers; a browser that keeps nothing, or something else, begins without any. */
function all() {
  if (kept) return kept;
  kept = new Map();
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    for (const [step, value] of Object.entries(found).slice(-MOST)) if (isAnswer(value)) kept.set(step, value);
  } catch {
    kept.clear(); // no storage, or not ours
  }
  return kept;
}

function store() {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...all()].slice(-MOST))));
  } catch {
    // Without a place to keep them, the answers last as long as the page.
  }
}

/**
 * The answer to a step, or undefined.
 * @param {string} step
 */
export const answerOf = (step) => all().get(step);

/**
 * Keep an answer, and hand it to all listeners.
 * @param {string} step
 * @param {Answer} value
 */
export function keepAnswer(step, value) {
  if (!isAnswer(value)) throw new TypeError(`an answer is a number or up to ${LONGEST} numbers`);
  all().set(step, value);
  store();
  for (const hear of [...listeners]) hear(step, value);
}

/**
 * Forget the answers to a lesson.
 * @param {string} lesson
 */
export function forgetAnswers(lesson) {
  for (const step of [...all().keys()]) if (step.startsWith(`${lesson}.`)) all().delete(step);
  store();
}

/**
 * Call `hear` for each new answer; the returned function ends that.
 * @param {(step: string, value: Answer) => void} hear
 */
export function onAnswer(hear) {
  listeners.add(hear);
  return () => void listeners.delete(hear);
}
