// Plays through the mini-batches, in step with the screen's frames and without Python.

export class Player {
  /** `advance()` shows the next one at once; `changed(playing)` is called at start and stop. */
  constructor(advance, changed) {
    this.advance = advance;
    this.changed = changed;
    this.frame = 0;
  }

  get playing() {
    return this.frame !== 0;
  }

  toggle(perSecond) {
    if (this.playing) this.stop();
    else this.start(perSecond);
  }

  start(perSecond) {
    let due = performance.now() + 1000 / perSecond;
    const tick = (now) => {
      this.frame = requestAnimationFrame(tick);
      if (now < due) return;
      due = Math.max(due + 1000 / perSecond, now); // a slow frame is not made up for
      this.advance();
    };
    this.frame = requestAnimationFrame(tick);
    this.changed(true);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.changed(false);
  }
}
