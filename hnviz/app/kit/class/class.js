// @ts-check
// A student's place in a class: joins with a code, sends guesses, hears what the class guessed.
// It needs nothing else of the kit, so a lesson in one file can bring it along.
//
//   const room = new ClassRoom(new URL("../", location.href));
//   await room.join("K7QW4M");             // once; the browser remembers
//   await room.send("batches.3", 2);       // resolves once the server has it; it is for the open vote
//   room.follow((step) => ...);            // room.revealed and room.mine have changed
//   room.codeFor("batches.3", 2);          // a line to paste, where there is no server

import { Line, post } from "./line.js";
import { encode, newTag } from "./guess_code.js";

/**
 * @typedef {import("./guess_code.js").Value} Value
 * @typedef {{ n: number, values: any[], moved: number[], flows: [number, number, number][] }} First
 *   the first vote of a class that voted twice; moved is who of them was right in both votes, came to the right answer,
 *   left it, and was wrong in both; flows are [from answer, to answer, students]
 * @typedef {{ step: string, n: number, values: Value[], sentence: string, first?: First }} Revealed
 * @typedef {{ value: Value, vote: number, id: number, done: () => void, fail: (error: Error) => void }} Waiting
 */

const TOKEN = "hnviz-class"; // what the browser keeps: who it is in the class
const TAG = "hnviz-class-tag"; // and in codes that are pasted

export class ClassRoom {
  /** @param {URL|null} home the app's address; every route is below it. null: there is no server */
  constructor(home) {
    this.home = home;
    this.token = kept(TOKEN);
    this.tag = "";
    this.refusal = ""; // why the class no longer knows this browser
    this.line = home && this.lineTo(home);
    this.serial = 0;
    /** @type {Map<string, Waiting>} step -> the guess that the server may not have yet */
    this.waiting = new Map();
    /** @type {Map<string, Revealed>} */
    this.revealed = new Map();
    /** @type {Map<string, Value>|null} step -> the answer that counts; null until the server has said it */
    this.mine = null;
    /** @type {Map<string, Value>} step -> the answer in the first vote, where there is a second */
    this.first = new Map();
    /** @type {Set<string>} steps on which the class votes, or has voted, twice */
    this.twice = new Set();
    this.trains = false; // whether the teacher has begun an experiment
    /** @type {Set<(step: string) => void>} */
    this.listeners = new Set();
  }

  get hasServer() {
    return this.home !== null;
  }

  /** @param {URL} home */
  lineTo(home) {
    return new Line(home, {
      hello: () => this.hello(),
      hear: (message) => this.take(message),
      refused: (reason) => this.forget(reason),
    });
  }

  get joined() {
    return this.token !== "";
  }

  /**
   * Join, or come back; returns the student's number. Throws an Error with the server's sentence.
   * @param {string} code
   */
  async join(code) {
    if (!this.home) throw new Error("There is no class here: open the address on the teacher's screen.");
    const { token, number } = await post(this.home, "join", { code, token: this.token });
    this.token = token;
    this.refusal = "";
    keep(TOKEN, token);
    this.line?.close(); // who was looking on has a name now
    this.connect();
    return Number(number);
  }

  /**
   * Send a guess; of several for a step the last one counts. It is sent again after a lost connection.
   * @param {string} step
   * @param {Value} value
   * @returns {Promise<void>}
   */
  send(step, value) {
    if (!this.joined) return Promise.reject(new Error("Join the class with its code first."));
    this.waiting.get(step)?.done(); // overtaken
    return new Promise((done, fail) => {
      const guess = { value, vote: this.twice.has(step) ? 2 : 1, id: ++this.serial, done, fail };
      this.waiting.set(step, guess);
      if (this.line?.isOpen) this.line.send(asMessage(step, guess));
      else this.connect();
    });
  }

  /**
   * Hear of each step that is revealed, covered or answered, and with "" that any of them may have changed.
   * Someone who has not joined hears what is revealed, too.
   * @param {(step: string) => void} listener
   */
  follow(listener) {
    this.listeners.add(listener);
    for (const step of this.revealed.keys()) listener(step);
    this.line?.connect();
    return () => void this.listeners.delete(listener);
  }

  /**
   * A guess as a line that can be pasted for the teacher.
   * @param {string} step
   * @param {Value} value
   */
  codeFor(step, value) {
    const tag = kept(TAG) || this.tag || newTag();
    this.tag = tag;
    keep(TAG, tag);
    return encode({ tag, step, value });
  }

  leave() {
    this.listeners.clear();
    this.line?.close();
  }

  connect() {
    if (this.joined) this.line?.connect();
  }

  hello() {
    const have = [...this.revealed.keys()];
    if (!this.joined) return [{ op: "look", have }];
    const guesses = [...this.waiting].map(([step, guess]) => asMessage(step, guess));
    return [{ op: "hello", token: this.token, have }, ...guesses];
  }

  /** @param {any} message */
  take(message) {
    if ("values" in message) {
      this.revealed.set(message.step, message);
      if (message.first) this.voteAgain(message.step);
      return this.tell(message.step);
    }
    if ("covered" in message) {
      this.revealed.delete(message.step);
      return this.tell(message.vote === 2 && this.voteAgain(message.step) ? "" : message.step);
    }
    if ("mine" in message) {
      this.mine = new Map(Object.entries(message.mine));
      this.first = new Map(Object.entries(message.first ?? {}));
      this.twice = new Set([...this.twice, ...this.first.keys()]);
      return this.tell("");
    }
    if ("experiment" in message) {
      if (this.trains) return; // it is another experiment, or has results
      this.trains = true;
      return this.tell("");
    }
    for (const [step, { id, value, vote, done, fail }] of this.waiting) {
      if (id !== message.id) continue;
      this.waiting.delete(step);
      if (message.error) fail(new Error(message.error));
      else {
        if (vote === 1 && this.twice.has(step)) this.first.set(step, value); // the news were faster
        else this.mine?.set(step, value);
        done();
      }
      this.tell(step);
    }
  }

  /**
   * The class votes on a step for the second time: the answer so far was for the first. Returns whether that is new.
   * @param {string} step
   */
  voteAgain(step) {
    if (this.twice.has(step)) return false;
    this.twice.add(step);
    const answer = this.mine?.get(step);
    if (answer !== undefined) this.first.set(step, answer);
    this.mine?.delete(step);
    return true;
  }

  /** @param {string} step */
  tell(step) {
    for (const listener of this.listeners) listener(step);
  }

  /**
   * It is another class by now: the code is asked for again.
   * @param {string} reason
   */
  forget(reason) {
    const wasKnown = this.joined;
    if (wasKnown) this.refusal = reason;
    this.token = "";
    this.mine = null;
    this.first.clear();
    keep(TOKEN, "");
    for (const { fail } of this.waiting.values()) fail(new Error(reason));
    this.waiting.clear();
    this.tell("");
    if (wasKnown) this.line?.connect(); // to look on, where that is allowed
  }
}

/**
 * @param {string} step
 * @param {Waiting} guess
 */
const asMessage = (step, { id, value, vote }) => ({ op: "guess", id, step, value, ...(vote === 2 ? { vote } : {}) });

/** @param {string} name */
function kept(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return ""; // a browser may forbid it
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function keep(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    return; // it is kept until the tab is closed
  }
}
