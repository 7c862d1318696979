// @ts-check
// A WebSocket to the class that comes back after it was lost (hnviz/web/classroom/connections.py).

import { Refusal } from "../js/source.js";

const FIRST_WAIT = 500; // ms until the connection is tried again; doubled each time
const LONGEST_WAIT = 10_000;
const NOT_KNOWN = 4403; // the class does not know this browser, or no longer

/**
 * @typedef {{ hello: () => object[], hear: (message: any) => void, refused: (reason: string) => void }} Ends
 *   hello    what is said first, each time
 *   refused  the class does not know who this is: the line does not come back
 */

export class Line {
  /**
   * @param {URL} home the app's address
   * @param {Ends} ends
   */
  constructor(home, ends) {
    this.url = new URL("api/class/live", home);
    this.url.protocol = this.url.protocol === "https:" ? "wss:" : "ws:";
    this.ends = ends;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.isOpen = false;
    this.wait = FIRST_WAIT;
  }

  connect() {
    if (this.socket) return;
    clearTimeout(this.timer);
    const socket = (this.socket = new WebSocket(this.url));
    socket.onopen = () => {
      this.isOpen = true;
      this.wait = FIRST_WAIT;
      for (const message of this.ends.hello()) this.send(message);
    };
    socket.onmessage = ({ data }) => [JSON.parse(data)].flat().forEach((message) => this.ends.hear(message));
    socket.onclose = ({ code, reason }) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.isOpen = false;
      if (code === NOT_KNOWN) return this.ends.refused(reason);
      this.timer = setTimeout(() => this.connect(), this.wait * (0.5 + Math.random())); // not all at once
      this.wait = Math.min(LONGEST_WAIT, 2 * this.wait);
    };
  }

  /** @param {object} message */
  send(message) {
    this.socket?.send(JSON.stringify(message));
  }

  close() {
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    clearTimeout(this.timer);
    socket?.close(1000);
  }
}

/**
 * What one of the class's routes says. Throws a Refusal.
 * @param {URL} home
 * @param {string} name
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
export async function ask(home, name, options = {}) {
  let response;
  try {
    response = await fetch(new URL(`api/class/${name}`, home), options);
  } catch {
    throw new Refusal("The teacher's computer does not answer. Are you in the same network?", 0);
  }
  const said = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
  if (!response.ok) throw new Refusal(said.error, response.status);
  return said;
}

/**
 * Send a small object to one of the class's routes.
 * @param {URL} home
 * @param {string} name
 * @param {object} body
 */
export const post = (home, name, body) => sent(home, name, "application/json", JSON.stringify(body));

/**
 * Send something else, as `post` does.
 * @param {URL} home
 * @param {string} name
 * @param {string} type
 * @param {BodyInit} body
 */
export const sent = (home, name, type, body) => ask(home, name, { method: "POST", headers: { "content-type": type }, body });
