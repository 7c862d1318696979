// @ts-check
// A run as a zip file: its folder, as hnviz/runs writes it. `python -m hnviz import` takes it, and a page takes what
// `hnviz export run` wrote. The page loads this only when a reader presses for it.

import { batchesOf } from "../../browser/batches.js";
import { check } from "../../browser/limits.js";
import { BROWSER } from "../../browser/learner.js";
import { EngineError } from "../../browser/error.js";
import { counted } from "../../browser/numbers.js";
import { checkpointShapes, snapshotShapes } from "../../browser/saved.js";
import { linesOf, readLines } from "./events.js";
import { isPlain, jsonIn } from "./json.js";
import { TensorFile, tensorFile } from "./tensors.js";
import { contentOf, membersOf, ZipError, zipped } from "./zip.js";

/**
 * @typedef {import("../../browser/limits.js").Job} Job
 * @typedef {import("../../browser/run.js").Run} Run
 * @typedef {import("../../browser/run.js").Stored} Stored
 * @typedef {{ created: number, device: string, versions: Record<string, string>, content_hash: string }} Info of config.json, besides its settings
 * @typedef {import("./heldrun.js").HeldRun} HeldRun
 */

const FORMAT = 1; // of a run's folder
const [CONFIG, EVENTS, RESUME, TEXT] = ["config.json", "events.jsonl", "resume.safetensors", "text.txt"];
const RECORDED = "recorded.json"; // only a run has it that hnviz.record wrote
const SNAPSHOT = /^snapshots\/(0|[1-9]\d{0,14})\.safetensors$/;
/** @type {Record<string, number>} the most bytes of a file; weights have the limit of the whole */
const MAX_BYTES = { [CONFIG]: 2 ** 16, [EVENTS]: 2 ** 24 };
const MAX_WORD_CHARS = 200; // of a setting
const MAX_NAME_CHARS = 60; // of a file that is quoted

/**
 * Write a run.
 * @param {Run} run
 * @param {Info} info
 * @param {Uint8Array<ArrayBuffer>|null} text the reader's own text, if it read one
 */
export function zipOf(run, info, text) {
  const { job, checkpoint, snapshots, started } = run;
  const device = started?.device ?? info.device;
  const versions = device === BROWSER ? { ...info.versions, browser: info.versions.browser ?? browserName() } : info.versions;
  const config = { format: FORMAT, ...info, device, versions, config: job.config };
  const shapes = snapshotShapes(job);
  const plain = (/** @type {string} */ name, /** @type {Uint8Array<ArrayBuffer>} */ content) => ({ name, content, isPlain: true });
  return zipped([
    { name: CONFIG, content: encoded(`${JSON.stringify(config, null, 2)}\n`) },
    { name: EVENTS, content: encoded(linesOf(run)) },
    ...[...snapshots].map(([step, tensors]) => plain(`snapshots/${step}.safetensors`, tensorFile(tensors, shapes))),
    ...(checkpoint ? [plain(RESUME, tensorFile(checkpoint, checkpointShapes(job, countsOf(job, checkpoint)), true))] : []),
    ...(text ? [{ name: TEXT, content: text }] : []),
  ]);
}

/** @param {string} text */
const encoded = (text) => new TextEncoder().encode(text);

/** "Chrome 141". */
function browserName() {
  const [, name, version] = /(Firefox|Edg|Chrome|Version)\/(\d+)/.exec(navigator.userAgent) ?? [];
  return name ? `${{ Edg: "Edge", Version: "Safari" }[name] ?? name} ${version}` : "of another kind";
}

/** @param {Job} job @param {Record<string, ArrayLike<number>>} checkpoint @returns {import("../../browser/saved.js").Counts} */
function countsOf(job, { progress, pending }) {
  const told = pending.length / 2;
  return { recorded: progress[0] + told - progress[1] * batchesOf(job), pending: told };
}

/**
 * Read a run. Throws ZipError, whose message goes on after the file's name.
 * @param {File} file
 * @param {HeldRun} beside the page's run: the file may hold a run of any model that the page trains, on its text
 * @returns {Promise<{ job: Job, info: Info, stored: Stored }>}
 */
export async function runIn(file, beside) {
  const members = await membersOf(file);
  if (members.has(RECORDED)) throw new ZipError(`is a run that a loop outside hnviz trained, which no page can open: ${inApp(file.name)}`);
  for (const { name, size } of members.values()) checkMember(name, size);
  const content = async (/** @type {string} */ name) => {
    const member = members.get(name);
    return member ? contentOf(file, member) : new Uint8Array();
  };
  if (!members.has(CONFIG)) throw new ZipError(`is no run of hnviz: it has no ${CONFIG}`);
  const found = jsonIn(await content(CONFIG));
  const job = await jobIn(found, beside, file.name);
  const steps = { nBatches: batchesOf(job), nSteps: batchesOf(job) * job.config.epochs };
  const log = readLines(new TextDecoder().decode(await content(EVENTS)), steps);
  /** @type {Stored["snapshots"]} */
  const snapshots = [];
  for (const [step, name] of stepsIn([...members.keys()])) {
    if (step > log.step) throw new ZipError(`is damaged: it has a snapshot at step ${counted(step)}, which its events do not reach`);
    snapshots.push([step, new TensorFile(await content(name), name).read(snapshotShapes(job))]);
  }
  if (!log.started || !snapshots.length) throw new ZipError("holds a run that has not begun to train");
  const checkpoint = members.has(RESUME) ? checkpointIn(await content(RESUME), job, log.step) : null;
  const { created, device, versions, content_hash: hash } = found;
  const info = { created, device: String(device ?? ""), versions, content_hash: String(hash ?? "") };
  return { job, info, stored: storedOf(log, snapshots, checkpoint, steps.nSteps) };
}

/** @param {string} file */
const inApp = (file) => `the app shows it after python -m hnviz import ${file}`;

/** @param {string} name @param {number} size */
function checkMember(name, size) {
  if (![CONFIG, EVENTS, RESUME, TEXT].includes(name) && !SNAPSHOT.test(name)) {
    throw new ZipError(`is no run of hnviz: it has a file named ${name.slice(0, MAX_NAME_CHARS)}`);
  }
  const most = MAX_BYTES[name] ?? Infinity;
  if (size > most) throw new ZipError(`is too large for a page: ${name} has ${counted(size)} bytes, and at most ${counted(most)} are read`);
}

/** Steps and names of snapshots, in rising order. @param {string[]} names @returns {[number, string][]} */
function stepsIn(names) {
  const found = names.flatMap((name) => {
    const step = SNAPSHOT.exec(name)?.[1];
    return step === undefined ? [] : [/** @type {[number, string]} */ ([Number(step), name])];
  });
  return found.sort(([a], [b]) => a - b);
}

/**
 * What there is to train in a run of one of the page's models, on its text. Throws ZipError for any other.
 * @param {any} content of config.json, which may be anything
 * @param {HeldRun} beside
 * @param {string} file
 * @returns {Promise<Job>}
 */
async function jobIn(content, beside, file) {
  const { config: known, hash: tokens, version } = beside.job;
  const { format, config, versions, created, content_hash: hash, model_identity: own } = content ?? {};
  const theirs = `hnviz ${short(versions?.hnviz ?? "of a later version")}`;
  if (Number.isInteger(format) && format > FORMAT) {
    throw new ZipError(`is from ${theirs}, and this page, from ${version}, cannot read it: export the page again with ${theirs}, or import the zip there`);
  }
  const isOfRun = format === FORMAT && isPlain(config) && isPlain(versions) && Number.isFinite(created) && Object.values(versions).every(isWord);
  if (!isOfRun) throw new ZipError(`is no run of hnviz: its ${CONFIG} is another file`);
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(known, name));
  if (unknown) throw new ZipError(`has the setting ${short(unknown)}, which this page does not know: export the page again with ${theirs}, or import the zip there`);
  const textOf = (/** @type {Record<string, any>} */ { corpus, split }) => `${short(corpus)}, ${short(split)}`;
  const app = inApp(file);
  if (own) throw new ZipError(`is a run of ${short(config.model)}, a model of somebody's own, which no page can train`);
  if (!beside.models.includes(config.model)) throw new ZipError(`is a run of ${short(config.model)}, which this page cannot train: ${app}`);
  if (config.corpus !== known.corpus || config.split !== known.split) {
    throw new ZipError(`is a run on another text (${textOf(config)}) than this page's (${textOf(known)}): ${app}`);
  }
  if (hash && hash !== tokens) throw new ZipError(`has other tokens of the text ${short(config.corpus)} than this page: ${app}`);
  return jobOf(await beside.jobWith({ model: config.model }), config);
}

/**
 * What there is to train with these settings. Throws ZipError.
 * @param {Job} job
 * @param {any} config
 */
function jobOf(job, config) {
  const made = { ...job, config: { ...job.config, ...config } };
  const words = Object.entries(made.config).filter(([, value]) => typeof value === "string");
  try {
    check(made);
    if (words.every(([, value]) => isWord(value))) return made;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new ZipError(`is a run that no page can show: ${error.message}`);
  }
  throw new ZipError(`is no run of hnviz: its ${CONFIG} is another file`);
}

/** @param {any} value */
const isWord = (value) => typeof value === "string" && value.length <= MAX_WORD_CHARS;

/** @param {any} value */
const short = (value) => String(value).slice(0, MAX_NAME_CHARS);

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Job} job
 * @param {number} most the step that the events reach
 */
function checkpointIn(bytes, job, most) {
  const file = new TensorFile(bytes, RESUME);
  const { progress } = file.read({ progress: { kind: "I64", shape: [2] } });
  const told = file.listed.pending?.shape[0] ?? 0;
  const counts = countsOf(job, { progress, pending: { length: 2 * told } });
  const fits = Array.from(progress).every((each) => each >= 0) && progress[0] <= most && progress[1] <= progress[0] / batchesOf(job);
  if (!fits || counts.recorded > batchesOf(job)) throw new ZipError(`is damaged: ${RESUME} is at step ${counted(progress[0])}, which does not fit its events`);
  return file.read(checkpointShapes(job, counts));
}

/**
 * As a page stores a run. One that was killed can go on from its checkpoint, as one that was stopped.
 * @param {ReturnType<typeof readLines>} log
 * @param {Stored["snapshots"]} snapshots
 * @param {Stored["checkpoint"]} checkpoint
 * @param {number} nSteps
 * @returns {Stored}
 */
function storedOf({ started, resumed, batches, ends, closing, step }, snapshots, checkpoint, nSteps) {
  const ended = closing.find(({ event }) => event === "ended");
  const status = ended?.status ?? "stopped";
  const message = ended?.message ?? `stopped after step ${counted(step)} of ${counted(nSteps)}`;
  const canGoOn = ["stopped", "failed"].includes(status);
  return { snapshots, checkpoint: canGoOn ? checkpoint : null, status, step, epochs: ends.length, nSteps, message, batches, ends, started, resumed, closing };
}
