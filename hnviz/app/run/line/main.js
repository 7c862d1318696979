// The sidebar's run line: name, status and step, from the news of the run.

import { picture } from "../../kit/js/picture.js";
import { HAS_NONE } from "../../kit/js/tables.js";

class Line {
  constructor(body, kit) {
    this.kit = kit;
    this.told = document.createElement("p");
    this.told.className = "line";
    body.append(this.told);
  }

  draw({ settings }) {
    // On a phone the sidebar is shut: page.css shows where the reader is.
    const header = document.querySelector("[data-testid=stHeader]");
    if (header && settings.page) header.dataset.page = settings.page;
    // Streamlit keeps the place where the reader was on the page before.
    if (this.page && this.page !== settings.page) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
    this.page = settings.page;
    this.hear();
  }

  hear() {
    const { facts, failure } = this.kit.timeline;
    // The run bar says when a snapshot is missing.
    if (!facts.status) this.told.textContent = failure;
    else {
      const steps = facts.n_steps === null ? "no step yet" : `step ${number(facts.step)} of ${number(facts.n_steps)}`;
      this.told.textContent = `${facts.name}: ${facts.shipped ? "pre-trained" : facts.status}, ${steps}`;
    }
  }
}

const number = (value) => value.toLocaleString("en");

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.words,
  create: (body, kit) => new Line(body, kit),
});
