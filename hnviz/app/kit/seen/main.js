// Nothing to see: tells Python once that this place of the page is in view, or will be soon.
// Reported: "seen", a number. It waits until no script run is in progress, since a report ends that
// run, and is said again until `data.seen` tells that it has arrived.

import { define } from "../js/define.js";

const LOOK = 40; // ms between two looks at whether a run has ended
const AGAIN = 2000; // ms until a report that was lost is said again

function isRunning() {
  return document.querySelector("[data-test-script-state]")?.dataset.testScriptState === "running";
}

class Seen {
  constructor(root) {
    this.root = root;
    this.times = 0;
  }

  update({ data, send }) {
    this.send = send;
    this.arrived = data.seen;
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
    if (this.arrived) return;
    const busy = isRunning();
    if (!busy) this.send("seen", ++this.times);
    this.timer = setTimeout(() => this.tell(), busy ? LOOK : AGAIN);
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
