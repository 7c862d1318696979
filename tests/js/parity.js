// Reads {facts, weights, cases} on stdin; prints each answer as this package's JavaScript makes it.
//
// weights: name -> numbers; a case is { view, step, params } or { ids }, whose logits are printed.

import { Network } from "../../hnviz/export/js/forward.js";
import { readStates } from "../../hnviz/export/js/speech.js";
import { VIEWS } from "../../hnviz/export/js/views.js";

let text = "";
for await (const piece of process.stdin) text += piece;
const { facts, weights, cases } = JSON.parse(text);
const arrays = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, Float32Array.from(values)]));
const network = new Network(facts, arrays);
const stoi = new Map(facts.itos.map((token, id) => [token, id]));

function answer({ view, step, params, ids }) {
  if (ids) {
    const states = readStates(network, ids);
    return { logits: states.map((state) => [...network.answer(state)]), states: states.map((state) => network.shown(state).map((layer) => [...layer])) };
  }
  try {
    const { meta, sentence = "", arrays = {} } = VIEWS[view]({ network, facts, stoi, step, params });
    const plain = Object.entries(arrays).map(([name, { data, shape }]) => [name, { data: [...data], shape, kind: data.constructor.name }]);
    return { meta, sentence, arrays: Object.fromEntries(plain) };
  } catch (error) {
    return { refused: error.message };
  }
}

console.log(JSON.stringify(cases.map(answer)));
