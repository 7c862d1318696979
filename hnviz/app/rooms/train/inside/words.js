// The sentences, with the run's own numbers.

import { accuracy, percent } from "../../../kit/js/text.js";

const NAMES = {
  comma: "commas",
  thousand: "“thousand”",
  hundred: "“hundred”",
  tens: "the tens",
  teens: "ten to nineteen",
  ones: "the words one to nine",
};
const CLOSE = 0.01; // shares that are named together
const isOne = (name) => name.startsWith("“"); // one word, and not a kind of them

const count = (number) => number.toLocaleString("en");
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const upper = (text) => text.replace(/[a-z]/, (letter, at) => (at < 2 ? letter.toUpperCase() : letter));

export function title(epoch, measure) {
  if (measure === "loss") return `What is inside ${epoch ? `a valid loss of ${epoch.loss.toFixed(3)}` : "a loss"}`;
  return `What is inside “${epoch ? accuracy(epoch.accuracy) : "an accuracy"}”`;
}

export function sentence(data, epoch, measure) {
  const kinds = data.kinds
    .map((kind, index) => {
      const [n, right, loss] = epoch.valid[index];
      return { kind, n, right, loss, share: right / n };
    })
    .filter(({ n }) => n);
  return [...(measure === "loss" ? ofLoss(kinds, epoch, data) : ofShares(kinds)), ...ofNumbers(data, epoch)];
}

function ofShares(kinds) {
  const best = Math.max(...kinds.map(({ share }) => share));
  const least = Math.min(...kinds.map(({ share }) => share));
  const close = kinds.filter(({ share }) => share >= best - CLOSE);
  const good = close.map(({ kind }) => NAMES[kind]);
  const [low, high] = [Math.min(...close.map(({ share }) => share)), best].map(accuracy);
  const atLeast = low === high ? "" : "at least "; // each of them
  if (best - least <= CLOSE) return [`All kinds of word are right about equally often, ${atLeast}`, [low], " of the time. "];
  const [bad] = kinds.filter(({ share }) => share === least);
  const wrong = kinds.map(({ n, right }) => n - right);
  const all = wrong.reduce((sum, each) => sum + each, 0);
  const most = kinds[wrong.indexOf(Math.max(...wrong))];
  const whose = NAMES[most.kind];
  return [
    `On valid, ${listed(good)} ${good.length === 1 && isOne(good[0]) ? "is" : "are"} right ${atLeast}`,
    [low],
    ` of the time, ${NAMES[bad.kind]} `,
    [accuracy(least)],
    `. ${upper(whose)} ${isOne(whose) ? "accounts" : "account"} for ${count(most.n - most.right)} of the ${count(all)} mistakes in the bars. `,
  ];
}

function ofLoss(kinds, epoch, data) {
  const all = kinds.reduce((sum, { loss }) => sum + loss, 0);
  const n = kinds.reduce((sum, each) => sum + each.n, data.special.valid);
  const most = kinds.reduce((a, b) => (b.loss > a.loss ? b : a));
  return [
    `Of the valid loss of ${epoch.loss.toFixed(3)}, `,
    [(most.loss / n).toFixed(3)],
    ` (${percent(most.loss / all)}) comes from ${NAMES[most.kind]}, which are ${percent(most.n / n)} of the answers. `,
  ];
}

function ofNumbers({ counted, lacking, words }, epoch) {
  const found = counted.find(([step]) => step === epoch.step);
  if (found) return ["Whole next numbers: ", [accuracy(found[1])], ` right ${words.on_train}, `, [accuracy(found[2])], ` ${words.on_valid}.`];
  return lacking ? ["Whole next numbers are being counted."] : [];
}

export function note({ special }, epoch) {
  const total = (split) => count(epoch[split].reduce((sum, [n]) => sum + n, special[split]));
  const rest = special.train + special.valid;
  const bare = rest ? ` ${rest === 1 ? "One of them is" : `${rest} of them are`} xxbos, which has no bar.` : "";
  return `Every answer of epoch ${epoch.epoch} by the kind of the true word: ${total("valid")} on valid, and ${total("train")} on train, each before its mini-batch's update.${bare} Press a row to see its worst places.`;
}

export const alt = {
  numbers(counted, words) {
    if (!counted.length) return "Share of whole next numbers right after three given, by step: not counted yet.";
    const [step, inside, beyond] = counted.at(-1);
    return `Share of whole next numbers right after three given, over ${counted.length} snapshots: at step ${count(step)} ${accuracy(inside)} ${words.on_train} and ${accuracy(beyond)} ${words.on_valid}.`;
  },
};
