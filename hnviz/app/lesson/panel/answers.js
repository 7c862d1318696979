// @ts-check
// A student's guesses, kept in this browser alone or, in a learning platform, by it (keepIn). A step is named
// "<lesson>.<number>"; an answer is a number, or a list of numbers.
//
// A listener is called for each new answer: onAnswer((step, value) => ...).

const KEY = "hnviz.answers";
const MOST = 1000; // answers that are kept
const LONGEST = 64; // numbers of one answer

/**
 * @typedef {number|number[]} Answer
 * @typedef {{ read: () => string|null, write: (text: string) => void }} Store
 *   all answers as one text; both may throw
 */

/** @type {Set<(step: string, value: Answer) => void>} */
const listeners = new Set();
/** @type {Map<string, Answer>|null} */
let kept = null;
let isKept = true; // in the store; else they last as long as the page
/** @type {Store} */
let store = { read: () => localStorage.getItem(KEY), write: (text) => localStorage.setItem(KEY, text) };

/**
 * Keep all answers elsewhere than in the browser's storage.
 * @param {Store} other
 */
export function keepIn(other) {
  [store, kept, isKept] = [other, null, true];
}

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
const all = () => (kept ??= stored());

function stored() {
  /** @type {Map<string, Answer>} */
  const found = new Map();
  try {
    const entries = Object.entries(JSON.parse(store.read() ?? "{}"));
    for (const [step, value] of entries.slice(-MOST)) if (isAnswer(value)) found.set(step, value);
  } catch {
    found.clear(); // no storage, or not ours
  }
  return found;
}

/**
 * Change the answers. Another tab may have written since this one has read, and its word may still be
 * under way: so they are read once more.
 * @param {(answers: Map<string, Answer>) => void} change
 */
function write(change) {
  if (isKept) kept = stored();
  change(all());
  try {
    store.write(JSON.stringify(Object.fromEntries([...all()].slice(-MOST))));
  } catch {
    isKept = false;
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
  write((answers) => answers.set(step, value));
  for (const hear of [...listeners]) hear(step, value);
}

/**
 * Forget the answers to a lesson.
 * @param {string} lesson
 */
export function forgetAnswers(lesson) {
  write((answers) => {
    for (const step of [...answers.keys()]) if (step.startsWith(`${lesson}.`)) answers.delete(step);
  });
}

/**
 * Call `hear` for each new answer; the returned function ends that.
 * @param {(step: string, value: Answer) => void} hear
 */
export function onAnswer(hear) {
  listeners.add(hear);
  return () => void listeners.delete(hear);
}
