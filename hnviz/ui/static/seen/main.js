// Nothing to see: tells Python once that this place of the page is in view, or will be soon.
// Reported: "seen", true. It waits until no script run is in progress: a report ends that run.

import { define } from "../shared/define.js";

const LOOK = 40; // ms between two looks at whether a run has ended

function isRunning() {
  return document.querySelector("[data-test-script-state]")?.dataset.testScriptState === "running";
}

class Seen {
  constructor(root) {
    this.root = root;
  }

  update({ data, send }) {
    this.send = send;
    this.root.style.minHeight = `${data.height}px`;
    if (this.observer) return;
    this.observer = new IntersectionObserver((entries) => this.look(entries), {
      rootMargin: `${data.ahead}px`,
    });
    this.observer.observe(this.root);
  }

  look(entries) {
    if (this.told || !entries.some((entry) => entry.isIntersecting)) return;
    this.told = true;
    this.observer.disconnect();
    this.tell();
  }

  tell() {
    if (isRunning()) this.timer = setTimeout(() => this.tell(), LOOK);
    else this.send("seen", true);
  }

  destroy() {
    clearTimeout(this.timer);
    this.observer.disconnect();
  }
}

export const render = define({
  styles: new URL("seen.css", import.meta.url),
  create: (root) => new Seen(root),
});
