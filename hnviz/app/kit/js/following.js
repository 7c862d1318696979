// @ts-check
// A topic that a picture follows, about the run that it shows.

/** @typedef {import("./tab.js").Tab} Tab */

export class Following {
  /**
   * @param {Tab} tab
   * @param {string} topic
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} [refuse]
   */
  constructor(tab, topic, hear, refuse) {
    this.tab = tab;
    this.topic = topic;
    this.hear = hear;
    this.refuse = refuse;
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
    this.leave = this.tab.live.follow({ topic: this.topic, run, params }, this.hear, this.refuse);
    return true;
  }

  /** Ask for everything again: the news does not fit what is known. */
  again() {
    this.tab.live.again(this.hear);
  }
}
