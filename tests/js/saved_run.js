// Trains a few mini-batches, and writes the snapshot and the checkpoint as a page saves them. Says how the run goes on.
import { readFileSync, writeFileSync } from "node:fs";
import { Learner } from "../../hnviz/browser/learner.js";
import { batchesOf } from "../../hnviz/browser/batches.js";
import { checkpointShapes, snapshotShapes } from "../../hnviz/browser/saved.js";
import { tensorFile } from "../../hnviz/export/js/tensors.js";

const { job, steps, out } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const learner = new Learner(job);
const losses = [];
for (const event of learner.events()) {
  if (event.event !== "batch") continue;
  losses.push(event.loss);
  if (learner.step === steps) {
    const checkpoint = learner.checkpoint();
    const counts = { recorded: steps - learner.epochs * batchesOf(job), pending: 0 };
    writeFileSync(`${out}/snapshot`, tensorFile(learner.snapshot(), snapshotShapes(job)));
    writeFileSync(`${out}/checkpoint`, tensorFile(checkpoint, checkpointShapes(job, counts), true));
  }
  if (learner.step === steps + 2) break;
}
console.log(JSON.stringify(losses.slice(steps)));
