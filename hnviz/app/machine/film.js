// @ts-check
// A film of the machine: it reads five words from the one that is shown on, each as it comes in.

import { openCanvas } from "../kit/js/canvas.js";
import { layoutOf } from "./layout.js";
import { Painter } from "./paint.js";

const WORDS = 5;
const FRAMES = 60;
const MS = 60; // a frame
const WIDTH = 932; // of the drawing at its natural size

/**
 * The words of a film: the one before the first, and how many come in.
 * @param {number} at the word that is shown
 * @param {number} n of all words
 */
export function wordsOf(at, n) {
  const words = Math.min(WORDS, n - 1);
  return { first: Math.min(at, n - 1 - words), words };
}

/**
 * @param {Omit<import("./paint.js").Scene, "at"|"time"|"pick">} scene
 * @param {number} at
 * @returns {import("../kit/js/save/film.js").Film}
 */
export function filmOf(scene, at) {
  const { first, words } = wordsOf(at, scene.reading.n);
  const layout = layoutOf(WIDTH, scene.reading.layers);
  const canvas = document.createElement("canvas");
  const each = words ? Math.round(FRAMES / words) : 1;
  return {
    width: WIDTH,
    height: layout.height,
    n: words * each || 1,
    ms: MS,
    draw(frame) {
      const pen = openCanvas(canvas, WIDTH, layout.height);
      const word = words ? first + 1 + Math.floor(frame / each) : first;
      new Painter(pen, { ...scene, layout, at: word, time: ((frame % each) + 1) / each, pick: null }).all();
      return canvas;
    },
  };
}
