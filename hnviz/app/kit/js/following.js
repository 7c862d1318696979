// @ts-check
// A topic that a picture follows, about the run that it shows.

export class Following {
  /**
   * @param {import("./frame.js").Frame} kit of the picture, which says what is refused
   * @param {string} topic
   * @param {(news: any) => void} hear
   */
  constructor(kit, topic, hear) {
    this.kit = kit;
    this.topic = topic;
    /** @type {((nothing: any) => void)[]} ends the waits for its first news */
    this.waits = [];
    this.hear = (/** @type {any} */ news) => {
      kit.refusals.end(this);
      hear(news);
      this.come();
    };
    this.subject = "";
    this.end = () => {};
  }

  /**
   * Follow a run, unless it is followed already; returns whether it is another one.
   * @param {string} run "" for a topic that is about no run
   * @param {Record<string, string>} params
   */
  of(run, params = {}) {
    const subject = JSON.stringify([run, params]);
    if (subject === this.subject) return false;
    this.leave();
    this.subject = subject;
    this.kit.expect(new Promise((resolve) => this.waits.push(resolve)), "the latest figures");
    const refuse = (/** @type {string} */ sentence) => {
      this.kit.refusals.say(this, sentence, () => this.again());
      this.come();
    };
    this.end = this.kit.tab.live.follow({ topic: this.topic, run, params }, this.hear, refuse);
    return true;
  }

  /** Follow it no more; nobody waits for its news then. */
  leave() {
    this.end();
    this.subject = "";
    this.kit.refusals.end(this);
    this.come();
  }

  come() {
    for (const end of this.waits.splice(0)) end(null);
  }

  /** Ask for everything again: the news does not fit what is known. */
  again() {
    this.kit.tab.live.again(this.hear);
  }
}
