// The elements that the view fills.

import { kindLegend } from "../../../kit/js/legend.js";
import { maker } from "../../../kit/js/make.js";
import { PlayButton } from "../../../kit/js/parts.js";

const KEYS =
  "Arrow keys move, Home and End go along the row, Page Up and Page Down change the " +
  "mini-batch, Space plays.";

/** Build them once; return those that the view touches. */
export function buildShell(body) {
  const make = maker(body);
  const stage = make("div", "stage");
  const parts = { stage, ...window_(make, stage), ...bar(make, stage), ...results(make, stage), ...text(make, stage) };
  parts.spoken = make("p", "spoken");
  parts.spoken.ariaLive = "polite";
  return parts;
}

function bar(make, stage) {
  const line = make("div", "bar", stage);
  const slide = make("label", "slide", line);
  const sliderName = make("span", "slider-name", slide);
  const track = make("span", "track", slide);
  const slider = make("input", "slider", track);
  Object.assign(slider, { type: "range", min: "0", value: "0" });
  const sliderValue = make("output", "slider-value", track);
  const play = new PlayButton(line);
  const finder = make("div", "finder", line);
  finder.setAttribute("role", "search");
  const name = make("label", "find-name", finder);
  const finds = make("span", "", name);
  const find = make("input", "find", name);
  Object.assign(find, { type: "search", autocomplete: "off", spellcheck: false });
  const previous = button(make, "step previous", finder, "◀", "Previous place");
  const next = button(make, "step next", finder, "▶", "Next place");
  return { slider, sliderName, sliderValue, play, finds, find, previous, next };
}

function button(make, name, parent, text, label = "") {
  const made = make("button", name, parent, text);
  made.type = "button";
  if (label) made.ariaLabel = label;
  return made;
}

function results(make, stage) {
  const results = make("div", "results", stage);
  results.hidden = true;
  const found = tested(make("p", "found", results), "batches_found");
  found.ariaLive = "polite";
  const places = make("ol", "places", results);
  places.ariaLabel = "Places";
  return { results, found, places, more: make("p", "more", results) };
}

function window_(make, stage) {
  const block = make("div", "window-block", stage);
  const title = tested(make("h3", "title", block), "batches_window");
  const hint = make("p", "hint", block);
  const seam = tested(make("span", "seam", hint), "batches_seam");
  hint.append(" ");
  const size = make("span", "size", hint);
  const window = make("div", "window", block);
  const base = make("canvas", "base", window);
  base.ariaHidden = "true";
  const over = make("canvas", "over", window);
  over.tabIndex = 0;
  over.setAttribute("role", "application");
  over.ariaRoleDescription = "grid of tokens";
  over.ariaLabel = `A row for each part of the text, a column for each step. ${KEYS}`;
  const legend = kindLegend([
    ["other", "kind other", "w"],
    ["hatched: this token is read in another place too", "hatched"],
  ]);
  block.append(legend);
  const items = [...legend.children];
  return { title, seam, size, window, base, over, kinds: items.slice(0, -1), hatched: items.at(-1) };
}

function text(make, stage) {
  const block = make("div", "text-block", stage);
  const sentence = tested(make("p", "sentence", block), "batches_sentence");
  make("h3", "title", block, "Where the marked token is in the text");
  const chain = make("canvas", "chain", block);
  chain.setAttribute("role", "img");
  return { sentence, chain };
}

function tested(element, name) {
  element.dataset.testid = name;
  return element;
}
