// The sidebar's run line: name, status and step, from the news of the run and its slider.

import { picture } from "../../kit/js/picture.js";
import { DOM } from "../../kit/js/streamlit.js";
import { HAS_NONE } from "../../kit/js/tables.js";
import { lineText } from "./words.js";

class Line {
  constructor(body, kit) {
    this.kit = kit;
    this.told = document.createElement("p");
    this.told.className = "line";
    body.append(this.told);
    eachPageFromItsTop();
  }

  draw({ settings }) {
    // On a phone the sidebar is shut: page.css shows where the reader is.
    const header = document.querySelector(DOM.header);
    if (header && settings.page) header.dataset.page = settings.page;
    this.kit.expect(this.kit.timeline.known, "news of the run");
    this.hear();
  }

  hear() {
    const { facts, failure, step, newest } = this.kit.timeline;
    // The run bar says when a snapshot is missing.
    this.told.textContent = facts.status ? lineText(facts, newest ? null : step) : failure;
  }
}

let path = ""; // of the page that began at its top
/** @type {MutationObserver|null} */
let pageChange = null;

/**
 * Scroll to the top when another page comes: Streamlit keeps the place where the reader was. A
 * MutationObserver is called before a change is painted; the line itself is drawn a frame or more
 * later. One observer stays for good: a line that is drawn again with the page would miss the change.
 */
function eachPageFromItsTop() {
  path ||= location.pathname;
  toTheTop();
  pageChange ??= new MutationObserver(toTheTop);
  pageChange.observe(document.body, { childList: true, subtree: true });
}

function toTheTop() {
  if (location.pathname === path) return;
  path = location.pathname;
  document.querySelector(DOM.main)?.scrollTo(0, 0);
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Line(body, kit),
});
