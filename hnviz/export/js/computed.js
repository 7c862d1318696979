// @ts-check
// What the networks of a page answer, to the engine's questions and to the views that are made from these.

import { Refusal } from "../../app/kit/js/source.js";
import { batchesOf } from "../../browser/batches.js";
import { readQuery } from "../../browser/params.js";
import { answer, readQuestion } from "../../browser/questions.js";
import { GONE, HeldRun } from "./heldrun.js";
import { VIEWS } from "./views.js";

/**
 * @typedef {import("./filesource.js").FileSource} FileSource
 * @typedef {import("./filesource.js").PageRun} PageRun
 * @typedef {import("../../browser/subject.js").Subject} Subject
 * @typedef {{ name: string, step: number, question: string, params: Record<string, string> }} Asked
 *   name  of the run
 */

/**
 * What a run's network answers. Throws Refusal.
 * @param {FileSource} source
 * @param {PageRun} run
 * @param {Asked} asked
 */
export async function shownOf(source, run, { name, step, question, params }) {
  const { questions, views, says } = source.held;
  try {
    const subject = await run.subject(step);
    if (!(question in views)) return await answer(questions, subject, question, readQuestion(questions, question, params));
    const read = readQuery(views[question], params, `the question ${question}`);
    return await VIEWS[question]({ ...asker(source, name, step), ...factsOf(subject), step, says, params: read });
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(/** @type {Error} */ (error).message, GONE);
  }
}

/**
 * What a view may ask: about this run, and about others of the page.
 * @param {FileSource} source
 * @param {string} name
 * @param {number} own step
 */
function asker({ runs, held: { questions } }, name, own) {
  const runOf = (/** @type {string} */ each) => /** @type {PageRun} */ (runs.get(each));
  const run = runOf(name);
  return {
    run: name,
    steps: run.snapshots.map(([step]) => step),
    ask: async (/** @type {string} */ question, /** @type {Record<string, any>} */ params, step = own) =>
      answer(questions, await run.subject(step), question, params),
    askOf: async (/** @type {string} */ other, /** @type {number} */ step, /** @type {string} */ question, /** @type {string[]} */ words) => {
      const subject = await runOf(other).subject(step);
      return answer(questions, subject, question, { ids: subject.numericalize(words) });
    },
    held: (/** @type {string} */ other) => {
      const found = runs.get(other);
      return found instanceof HeldRun && found.has(found.last) ? found : null;
    },
  };
}

/** @param {Subject} subject */
const factsOf = (subject) => ({
  facts: subject.facts,
  stoi: subject.stoi,
  size: (/** @type {string} */ split) => subject.ids(split).length,
  words: (/** @type {string} */ split, /** @type {number} */ first, /** @type {number} */ n) => {
    const ids = subject.ids(split);
    return Array.from({ length: n }, (_, at) => subject.facts.itos[ids[(first + at) % ids.length]]);
  },
  nBatches: () => batchesOf(subject.job),
});
