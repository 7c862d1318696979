// The elements that the view fills.

import { kindLegend } from "../../../kit/js/legend.js";

const KEYS =
  "Arrow keys move, Home and End go along the row, Page Up and Page Down change the " +
  "mini-batch, Space plays.";

const SHELL = `
  <div class="bar">
    <label class="slide"><span class="slider-name"></span>
      <span class="track"><input class="slider" type="range" min="0" value="0">
      <output class="slider-value"></output></span></label>
    <button class="play" type="button">▶ Play</button>
    <div class="finder" role="search">
      <label class="find-name">Find a number or words
        <input class="find" type="search" autocomplete="off" spellcheck="false" placeholder="8046"></label>
      <button class="step previous" type="button" aria-label="Previous place">◀</button>
      <button class="step next" type="button" aria-label="Next place">▶</button>
    </div>
  </div>
  <div class="results" hidden>
    <p class="found" data-testid="batches_found" aria-live="polite"></p>
    <ol class="places" aria-label="Places"></ol>
    <p class="more"></p>
  </div>
  <canvas class="chain" role="img"></canvas>
  <p class="sentence" data-testid="batches_sentence"></p>
  <h3 class="title" data-testid="batches_window"></h3>
  <p class="hint"><span class="seam" data-testid="batches_seam"></span> Hover, tap or use the arrow
    keys: the cell, its target one step right, and its place on the ribbon light up together.<span
    class="size"></span></p>
  <div class="window">
    <canvas class="base" aria-hidden="true"></canvas>
    <canvas class="over" tabindex="0" role="application" aria-roledescription="grid of tokens"
      aria-label="One row a share, one column a step. ${KEYS}"></canvas>
  </div>
  <div class="legend-place"></div>
  <h3 class="title whole-title" data-testid="batches_whole"></h3>
  <p class="hint">Every mini-batch of the pass, side by side; the frame is the window above. Click
    or tap to go there.</p>
  <canvas class="epoch" tabindex="0" role="slider" aria-valuemin="0"
    aria-label="Mini-batch in view, on the map of the whole pass"></canvas>
  <p class="spoken" aria-live="polite"></p>
`;

/** Build them once; return those that the view touches. */
export function buildShell(root) {
  const shell = document.createElement("div");
  shell.innerHTML = SHELL;
  root.append(shell);
  shell
    .querySelector(".legend-place")
    .replaceWith(
      kindLegend([
        ["other words and marks", "kind other", "w"],
        ["read again: another slot has it as its own", "hatched"],
      ]),
    );
  const part = (name) => shell.querySelector(`.${name}`);
  return {
    slider: part("slider"),
    sliderName: part("slider-name"),
    sliderValue: part("slider-value"),
    play: part("play"),
    find: part("find"),
    previous: part("previous"),
    next: part("next"),
    results: part("results"),
    found: part("found"),
    places: part("places"),
    more: part("more"),
    chain: part("chain"),
    sentence: part("sentence"),
    title: part("title"),
    seam: part("seam"),
    size: part("size"),
    window: part("window"),
    base: part("base"),
    over: part("over"),
    other: part("other").parentElement, // the legend's item: human numbers have none
    wholeTitle: part("whole-title"),
    epoch: part("epoch"),
    spoken: part("spoken"),
  };
}
