// @ts-check
// What outlives the panel. Where one run of a page overtakes another, Streamlit may take the panel off the page, and
// makes it again up to a second later. The new one goes on where the old one was, no press is lost, and the page
// beside it does not move.

const LONGEST = 5000; // ms: a panel that is still away does not come back, and the page has its keys again

/** @typedef {{ id: string, at: number, seen: Set<string>, turning: import("./turn.js").Turn, asked: URL|null }} Was */

/** @type {(Was & { presses: number[] })|null} */
let kept = null;
let end = () => {};

/**
 * Keep what the panel was at, and the keys from now on.
 * @param {Was} was
 * @param {(event: KeyboardEvent) => number} turns how many steps a key goes, 0 for one that is not the lesson's
 * @param {() => void} lost is called if no panel comes
 */
export function keep(was, turns, lost) {
  end();
  const { presses } = (kept = { ...was, presses: /** @type {number[]} */ ([]) });
  const press = (/** @type {KeyboardEvent} */ event) => {
    const by = turns(event);
    if (by) presses.push(by);
  };
  document.addEventListener("keydown", press, true);
  const timer = setTimeout(() => {
    take("");
    lost();
  }, LONGEST);
  end = () => {
    clearTimeout(timer);
    document.removeEventListener("keydown", press, true);
  };
}

/**
 * Return what was kept of a lesson, once.
 * @param {string} id
 */
export function take(id) {
  end();
  const was = kept?.id === id ? kept : null;
  kept = null;
  return was;
}
