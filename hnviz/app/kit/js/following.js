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
    this.came = () => {};
    this.hear = (/** @type {any} */ news) => {
      hear(news);
      this.came();
    };
    this.subject = "";
    this.leave = () => {};
  }

  /**
   * Follow a run, unless it is followed already; returns whether it is another one.
   * @param {string} run "" for a topic that is about no run
   * @param {Record<string, string>} params
   */
  of(run, params = {}) {
    const subject = JSON.stringify([run, params]);
    if (subject === this.subject) return false;
    this.subject = subject;
    this.leave();
    this.kit.expect(new Promise((resolve) => (this.came = () => resolve(null))), "the latest figures");
    const refuse = (/** @type {string} */ sentence) => {
      this.kit.refuse(sentence, () => this.again());
      this.came();
    };
    this.leave = this.kit.tab.live.follow({ topic: this.topic, run, params }, this.hear, refuse);
    return true;
  }

  /** Ask for everything again: the news does not fit what is known. */
  again() {
    this.kit.tab.live.again(this.hear);
  }
}
