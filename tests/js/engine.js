// Trains as tests ask: node tests/js/engine.js ASKED.json
//
// Each question has a job, as hnviz/browser/limits.js describes it, "out", a folder, and what to do:
//   first  write the first weights of each seed
//   steps  from each checkpoint, a file of safetensors, train one step; tell its loss, write the checkpoint after it
//   train  tell events: of so many mini-batches, or all; a checkpoint to begin from may be named
//   read   read ids with the weights of a snapshot, a file of safetensors; write states, what is inside, and logits
//   gradients  answer "state_gradients" for a snapshot's weights, once for each set of parameters
//   ask    answer questions about a snapshot, by the declarations of the package; each is { name, params } or, with "at an
//          address", has its parameters as text
//   split  tokenize texts by the rules in "reading"; each is {"content", "way"}, content in base64; write ids, or the refusal
//   time   train so many steps; tell the milliseconds of each
// Prints the answers as JSON. Arrays are written as numbers of 32 bits, one after the other; the answer names them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpack } from "../../hnviz/app/kit/js/arrays.js";
import { stateGradients } from "../../hnviz/browser/gradients.js";
import { identityOf } from "../../hnviz/browser/identity.js";
import { Learner } from "../../hnviz/browser/learner.js";
import { answer as answerQuestion, readQuestion } from "../../hnviz/browser/questions.js";
import { Reader } from "../../hnviz/browser/reader.js";
import { Subject } from "../../hnviz/browser/subject.js";
import { streamOf, textOf } from "../../hnviz/browser/text.js";
import { firstWeights } from "../../hnviz/browser/weights.js";

/** What a file of safetensors holds, by name. */
function read(file) {
  const { arrays } = unpack(new Uint8Array(readFileSync(file)).buffer);
  return Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data]));
}

/** Write arrays; returns the file, and their names and lengths. */
function write(file, arrays) {
  const listed = Object.entries(arrays).filter(([, data]) => data instanceof Float32Array);
  writeFileSync(file, Buffer.concat(listed.map(([, data]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))));
  return { file, arrays: listed.map(([of, data]) => [of, data.length]) };
}

function first({ job, out }, seeds) {
  const { form, config, kinds } = job;
  const sizes = { nv: kinds.length, nh: config.nh };
  return seeds.map((seed) => write(join(out, `first-${seed}.bin`), firstWeights(form, sizes, { ...config, seed })));
}

function steps({ job, out }, files) {
  const learner = new Learner(job);
  return files.map((file, at) => {
    learner.restore({ ...read(file), identity: identityOf(job) });
    const [loss, accuracy] = learner.trainStep(learner.step);
    return { loss, accuracy, ...write(join(out, `step-${at}.bin`), learner.checkpoint()) };
  });
}

function train({ job }, { batches = Infinity, from }) {
  const learner = new Learner(job);
  if (from) learner.restore({ ...read(from), identity: identityOf(job) });
  const events = [];
  const begun = performance.now();
  for (const event of learner.events()) {
    events.push(event);
    // An epoch's event belongs to its last mini-batch.
    const isWhole = learner.step % learner.nBatches !== 0 || event.event === "epoch" || event.event === "ended";
    if (learner.step >= batches && isWhole) break;
  }
  return { events, milliseconds: performance.now() - begun };
}

function reading({ job, out }, { snapshot, window, ids }) {
  const { nh } = job.config;
  const reader = new Reader(job.form, { nv: job.kinds.length, nh }, read(snapshot), window);
  const { states, inside, logits } = reader.read(ids);
  const layers = states.flatMap((state, layer) => [[`state.${layer}`, state], ...Object.entries(inside[layer]).map(([name, data]) => [`${name}.${layer}`, data])]);
  return write(join(out, "reading.bin"), { ...Object.fromEntries(layers), logits: Float32Array.from(logits.flatMap((each) => [...each])) });
}

function gradients({ job }, { snapshot, questions }) {
  return questions.map((params) => {
    const { arrays, meta } = stateGradients(job, read(snapshot), params);
    return { meta, arrays: Object.fromEntries(Object.entries(arrays).map(([name, numbers]) => [name, Array.from(numbers)])) };
  });
}

const TABLE = JSON.parse(readFileSync(new URL("../../hnviz/questions/questions.json", import.meta.url), "utf8"));

function ask({ job }, { snapshot, facts, questions }) {
  const subject = new Subject(facts, read(snapshot), job);
  return Promise.all(
    questions.map(async ({ name, params, address }) => {
      try {
        const { meta, arrays } = await answerQuestion(TABLE, subject, name, address ? readQuestion(TABLE, name, address) : params);
        const plain = Object.entries(arrays).map(([each, { data, shape }]) => [each, { data: [...data], shape, kind: data.constructor.name }]);
        return { meta, arrays: Object.fromEntries(plain) };
      } catch ({ message }) {
        return { refused: message };
      }
    }),
  );
}

function split({ out, reading }, texts) {
  return texts.map(({ content, way }, at) => {
    try {
      const { itos, kinds, train, valid } = streamOf(textOf(Buffer.from(content, "base64"), reading), way, reading);
      const ids = { train: Float32Array.from(train), valid: Float32Array.from(valid) };
      return { itos, kinds, ...write(join(out, `split-${at}.bin`), ids) };
    } catch ({ name, message }) {
      return { refused: `${name}: ${message}` };
    }
  });
}

function time({ job }, n) {
  const learner = new Learner(job);
  return Array.from({ length: n }, (_, step) => {
    const begun = performance.now();
    learner.trainStep(step);
    return performance.now() - begun;
  });
}

const WAYS = { first, steps, train, read: reading, gradients, ask, split, time };

async function answer(question) {
  const ways = Object.keys(WAYS).filter((way) => way in question);
  return Object.fromEntries(await Promise.all(ways.map(async (way) => [way, await WAYS[way](question, question[way])])));
}

const asked = JSON.parse(readFileSync(process.argv[2], "utf8"));
process.stdout.write(JSON.stringify(await Promise.all(asked.map(answer))));
