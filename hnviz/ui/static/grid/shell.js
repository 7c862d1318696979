// The elements that the view fills.

import { kindLegend } from "../shared/legend.js";

const KEYS =
  "Arrow keys move, Home and End go along the row, Page Up and Page Down change the " +
  "mini-batch, Space plays.";

const SHELL = `
  <div class="bar">
    <label class="slide"><span class="slider-name"></span>
      <span class="track"><input class="slider" type="range" min="0" value="0">
      <output class="slider-value"></output></span></label>
    <button class="play" type="button">▶ Play</button>
  </div>
  <canvas class="chain" role="img"></canvas>
  <p class="sentence" data-testid="batches_sentence"></p>
  <h3 class="title" data-testid="batches_window"></h3>
  <p class="hint">Each row is its own place in the text and goes on in the same row of the next
    mini-batch. Hover, tap or use the arrow keys: the cell, its target one step right, and its
    place on the ribbon light up together.</p>
  <div class="window">
    <canvas class="base"></canvas>
    <canvas class="over" tabindex="0" role="application" aria-roledescription="grid of tokens"
      aria-label="One row a share, one column a step. ${KEYS}"></canvas>
  </div>
  <p class="spoken" aria-live="polite"></p>
`;

/** Build them once; return those that the view touches. */
export function buildShell(root) {
  const shell = document.createElement("div");
  shell.innerHTML = SHELL;
  root.append(shell);
  shell.querySelector(".spoken").before(
    kindLegend([["read twice: the row has run into the next row's share", "hatched"]]),
  );
  const part = (name) => shell.querySelector(`.${name}`);
  return {
    slider: part("slider"),
    sliderName: part("slider-name"),
    sliderValue: part("slider-value"),
    play: part("play"),
    chain: part("chain"),
    sentence: part("sentence"),
    title: part("title"),
    window: part("window"),
    base: part("base"),
    over: part("over"),
    spoken: part("spoken"),
  };
}
