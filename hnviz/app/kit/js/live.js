// @ts-check
// News about runs, through one WebSocket for the whole tab (hnviz/web/live.py).

/**
 * @typedef {{ topic: string, run: string, params: object }} Subject
 * @typedef {Subject & { id: number, have: unknown, hear: (news: any) => void, refuse: (sentence: string) => void }} Follow
 */

const FIRST_WAIT = 250; // ms until the connection is tried again; doubled each time
const LONGEST_WAIT = 5000;
const SLEPT = 15000; // ms without a message, after which the computer may have slept

export class Live {
  /** @param {URL} home */
  constructor(home) {
    const url = new URL("api/live", home);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.url = url;
    /** @type {Map<number, Follow>} */
    this.follows = new Map();
    this.serial = 0;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.wait = FIRST_WAIT;
    /** @type {Set<(connected: boolean) => void>} */
    this.watchers = new Set();
    this.awake = Date.now();
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => document.hidden || this.wakeUp());
  }

  /**
   * Follow a topic's news about a run; the returned function ends that.
   * @param {Subject} subject
   * @param {(news: any) => void} hear
   * @param {(sentence: string) => void} [refuse]
   */
  follow(subject, hear, refuse = () => {}) {
    const follow = { ...subject, id: ++this.serial, have: null, hear, refuse };
    this.follows.set(follow.id, follow);
    if (this.isOpen()) this.send({ op: "follow", ...asked(follow) });
    else this.connect();
    return () => {
      if (!this.follows.delete(follow.id)) return;
      if (this.isOpen()) this.send({ op: "leave", id: follow.id });
      if (!this.follows.size) this.socket?.close(1000);
    };
  }

  /**
   * Call `watch` when the connection is lost, and when it is back.
   * @param {(connected: boolean) => void} watch
   */
  onConnection(watch) {
    this.watchers.add(watch);
    return () => void this.watchers.delete(watch);
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    if (this.socket || !this.follows.size) return;
    const socket = (this.socket = new WebSocket(this.url));
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      for (const follow of this.follows.values()) this.send({ op: "follow", ...asked(follow) });
      this.tell(true);
    };
    socket.onmessage = ({ data }) => [JSON.parse(data)].flat().forEach((message) => this.take(message));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.follows.size) return;
      this.tell(false);
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(LONGEST_WAIT, 2 * this.wait);
    };
  }

  /** When the network is back or the machine has woken up, connect at once. */
  retry() {
    clearTimeout(this.timer);
    this.wait = FIRST_WAIT;
    this.connect();
  }

  wakeUp() {
    const slept = Date.now() - this.awake > SLEPT;
    this.awake = Date.now();
    if (!this.isOpen()) this.retry();
    else if (slept) this.send({ op: "follow", ...asked([...this.follows.values()][0]) });
  }

  /** @param {any} message */
  take({ id, news, have, error }) {
    this.awake = Date.now();
    const follow = this.follows.get(id);
    if (!follow) return; // no longer followed
    if (error) return follow.refuse(error);
    follow.have = have;
    if (news) follow.hear(news);
  }

  /**
   * Ask for a whole topic again, because a message does not fit what is drawn.
   * @param {(news: any) => void} hear
   */
  again(hear) {
    for (const follow of this.follows.values()) {
      if (follow.hear !== hear) continue;
      follow.have = null;
      if (this.isOpen()) this.send({ op: "follow", ...asked(follow) });
    }
  }

  /** @param {object} message */
  send(message) {
    this.socket?.send(JSON.stringify(message));
  }

  /** @param {boolean} connected */
  tell(connected) {
    for (const watch of this.watchers) watch(connected);
  }
}

/** @param {Follow} follow */
const asked = ({ id, topic, run, params, have }) => ({ id, topic, run, params, have });
