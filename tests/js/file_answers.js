// Reads {facts, weights, job, questions, views, says, cases} from stdin; prints the answers that a page without a server gives.
//
// weights: step -> name -> numbers; a case is { view, step, params }, with the parameters as in an address.

import { Runs } from "../../hnviz/export/js/runs.js";
import { FileSource } from "../../hnviz/export/js/filesource.js";
import { Subject } from "../../hnviz/browser/subject.js";

let text = "";
for await (const piece of process.stdin) text += piece;
const { facts, weights, job, questions, views, says, cases } = JSON.parse(text);
const subjects = Object.fromEntries(
  Object.entries(weights).map(([step, named]) => {
    const arrays = Object.entries(named).map(([name, values]) => [name, Float32Array.from(values)]);
    return [step, new Subject(facts, Object.fromEntries(arrays), job)];
  }),
);
const steps = Object.keys(subjects).map(Number);
const run = { facts, snapshots: steps.map((step) => [step, ""]), last: steps.at(-1), subject: async (step) => subjects[step], end() {} };
const runs = new Runs({}, null);
runs.add("run", run);
const source = new FileSource({ runs: {}, answers: {}, free: {}, questions, views, says }, null, runs);

async function answer({ view, step, params }) {
  try {
    const { meta, sentence, arrays } = await source.get(source.address(`api/runs/run/${step}/${view}`, params));
    const plain = Object.entries(arrays).map(([name, { data, shape }]) => [name, { data: [...data], shape, kind: data.constructor.name }]);
    return { meta, sentence, arrays: Object.fromEntries(plain) };
  } catch (error) {
    return { refused: error.message };
  }
}

console.log(JSON.stringify(await Promise.all(cases.map(answer))));
