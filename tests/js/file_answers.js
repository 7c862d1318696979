// Reads {facts, weights, cases} from stdin; prints the answers that an exported file gives.
//
// weights: name -> numbers; a case is { view, step, params }.

import { Reader } from "../../hnviz/browser/reader.js";
import { VIEWS } from "../../hnviz/export/js/views.js";

let text = "";
for await (const piece of process.stdin) text += piece;
const { facts, weights, cases } = JSON.parse(text);
const arrays = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, Float32Array.from(values)]));
const reader = new Reader(facts.form, { nv: facts.itos.length, nh: facts.nh }, arrays, facts.window);
const stoi = new Map(facts.itos.map((token, id) => [token, id]));

function answer({ view, step, params }) {
  try {
    const { meta, sentence = "", arrays = {} } = VIEWS[view]({ reader, facts, stoi, step, params });
    const plain = Object.entries(arrays).map(([name, { data, shape }]) => [name, { data: [...data], shape, kind: data.constructor.name }]);
    return { meta, sentence, arrays: Object.fromEntries(plain) };
  } catch (error) {
    return { refused: error.message };
  }
}

console.log(JSON.stringify(cases.map(answer)));
