// @ts-check
// What a picture's main.js calls. What all pictures share is in the kit, so each folder holds only
// its own drawing.
//
//   export const render = picture({ styles: new URL("style.css", import.meta.url), table, create });
//
// create(body, kit) -> view, once for each mount; `kit` is the picture's Frame:
//   view.draw({ answer, answers, settings, theme, step, run })   when there is something to draw
//   view.params(name)     optional: what the browser adds to the parameters of a question; it calls
//                         kit.ask() when they change
//   view.refused(refusal) optional: whether it says itself what is wrong with those, and adds others now
//   view.finish()         optional: shows at once what it shows little by little; a file is of that
//   view.film()           optional: a film of what moves, as save/film.js takes it; null before it is drawn
//   view.offers()         optional: what "More" offers before what all pictures have
//   view.menu             optional: the place of "More" among the view's own controls; else it is below the picture
//   view.hear(change)     optional: when the timeline of the run that is drawn changes
//   view.destroy()        optional: when the picture leaves the page
//
// Python (hnviz/app/kit/picture.py) says what a picture asks: `asks`, a list of questions with their
// parameters, and at which snapshot. `answer` is the first one's, `answers` holds all by name.
// Until an answer comes the last picture stays; a refusal's sentence appears above it.

import { fetchOnce } from "./fetch.js";
import { Frame } from "./frame.js";
import { visits } from "./visits.js";

/**
 * @typedef {import("./arrays.js").Answer} Answer
 * @typedef {{ name: string, question: string, at: string, run?: string, late: boolean, themed: boolean,
 *             params: Record<string, unknown> }} Ask
 * @typedef {{ answer: Answer|null, answers: Record<string, Answer|null>, settings: any, theme: any,
 *             step: number|null, run: string, alt: string }} Drawing
 * @typedef {{ draw: (drawing: Drawing) => void|Promise<void>, destroy?: () => void, finish?: () => void,
 *             film?: () => import("./save/film.js").Film|null,
 *             offers?: () => import("./more.js").Entry[], menu?: HTMLElement,
 *             hear?: (change: import("./timeline.js").Change) => void,
 *             params?: (name: string) => Record<string, unknown>,
 *             refused?: (refusal: import("./source.js").Refusal) => boolean }} View
 * @typedef {{ styles: URL|URL[], frames?: number, create: (body: HTMLElement, kit: Frame) => View,
 *             table: string|((drawing: Drawing, view: any) => import("./tables.js").Data[]),
 *             load?: (settings: any, home: URL) => unknown, stays?: boolean,
 *             rows?: (drawing: Drawing, view: any) => import("./tables.js").Data[], subject?: (view: any) => string[],
 *             shapes?: Record<string, (number|string)[]>, keeps?: boolean, early?: boolean, second?: (settings: any) => boolean }} Definition
 *   table   what it shows as tables, or one of tables.js' HAS_NONE; a view that changes on its own
 *           calls kit.table.changed()
 *   rows    the same of a picture that is a table already, for its file
 *   subject the runs that it shows, where that is not the run in view
 *   load    fetches files before the first drawing; they become `kit.files`
 *   shapes  the arrays' dimensions, which debug mode checks
 *   stays   another address, by a lesson or the browser's Back, does not make it again
 *   keeps   keeps its place once it is drawn: its height changes, or its content comes later; without answers it
 *           does, unless this is false
 *   early   is drawn before it comes into sight: other parts of the page follow it
 *   second  whether the slider is about other pictures of the page, so that they are drawn before it: a frame, or while the slider is dragged a pause
 */

/** @typedef {HTMLElement & { frame?: Frame|null, put?: () => void }} Root */

/** @type {Set<Root>} */
const mounted = new Set();

/** @param {Root} root */
const isOld = (root) => Boolean(root.frame) && root.frame?.visit !== visits();

let isLed = false;
let drawnFor = 0; // the visit for which the page was drawn, where a lesson leads

/**
 * A lesson says when the page is drawn for a visit. Until then its pictures wait: what comes may be
 * of the step before, and must not meet the address of the next.
 * @param {boolean} leads
 */
export function lead(leads) {
  isLed = leads;
  if (!leads) renew();
}

/**
 * Make pictures again that are older than the last visit: Streamlit does not call those whose data it
 * did not change. Call it once the page has been drawn for the visit.
 */
export function renew() {
  drawnFor = visits();
  for (const root of mounted) if (isOld(root)) root.put?.();
}

/** @param {Definition} definition */
export function picture(definition) {
  /** @param {any} component */
  async function render({ data, home, root, turn, setStateValue }) {
    // Written out: hnviz/export reads the names of style sheets from here.
    const own = [new URL("kit.css", import.meta.url), new URL("parts.css", import.meta.url)];
    const sheets = [...own, definition.styles].flat();
    const [tokens, ...styles] = await Promise.all([
      fetchOnce(new URL(data.tokens, home), "json"),
      ...sheets.map((sheet) => fetchOnce(sheet, "text")),
    ]);
    const files = definition.load ? await definition.load(data.settings, home) : null;
    if (root.turn === turn && root.isConnected) {
      root.put = () => {
        if (!definition.stays && isOld(root)) {
          if (isLed && drawnFor !== visits()) return;
          leave(root);
        }
        root.frame ??= new Frame(root, definition, home, styles.join("\n"));
        root.frame.update(data, tokens, files, setStateValue);
      };
      root.put();
      mounted.add(root);
    }
    return () => {
      // Streamlit also calls this for a call that was overtaken: only the newest may tear down.
      if (root.turn !== turn || !root.frame) return;
      mounted.delete(root);
      leave(root);
    };
  }
  return Object.assign(render, { table: definition.table, rows: definition.rows });
}

/**
 * End a picture; its height stays until another one is drawn in its place.
 * @param {Root} root
 */
function leave(root) {
  root.style.minHeight = `${root.offsetHeight}px`;
  root.frame?.destroy();
  root.frame = null;
  delete root.dataset.ready; // the next one is hidden until it is drawn
}
