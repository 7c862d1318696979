// @ts-check
// Boxes for a text of several lines. One that takes files has a short text as its value; of a longer one the server
// stores the text, once, and the value is its name there.

import { maker } from "../js/make.js";
import { button } from "../js/parts.js";
import { asSentence } from "../js/text.js";

/**
 * @typedef {{ first: string, longest?: number, linked?: number, file?: number, empty?: string, off?: boolean }} Look of its field
 * @typedef {{ use: (value: string) => void, refuse: (sentence: string) => void, again: () => void }} Tell what its row does: use
 *   a value, say why a text is refused, or have Python look once more
 * @typedef {{ text: string, nChars: number, body: Blob|null }} Stored what the box shows of a text, and what can be sent again
 */

const MARK = "~"; // hnviz/app/run/own_text.py
const STORED = /^~[0-9a-f]{20}$/;
const KEPT = 4; // texts that this tab can send again
const TRIES = 3; // where the server is busy
const AGAIN = 10_000; // ms before the same text is sent again
const WAYS = "or drop one on the box: UTF-8, at most";

/** @type {Map<string, Stored>} value -> its text; the oldest first */
const stored = new Map();
/** @type {Promise<unknown>} what this tab sends: one text at a time */
let line = Promise.resolve();

/** @param {string} value @param {Stored} text */
function keep(value, text) {
  stored.delete(value);
  stored.set(value, text);
  for (const oldest of stored.keys()) if (stored.size > KEPT) stored.delete(oldest);
  return text;
}

/** A box for a text of several lines, which Ctrl+Enter hands in, too. */
export function textArea() {
  const box = document.createElement("textarea");
  Object.assign(box, { autocomplete: "off", spellcheck: false });
  box.onkeydown = ({ key, ctrlKey, metaKey }) => void (key === "Enter" && (ctrlKey || metaKey) && box.dispatchEvent(new Event("change")));
  return box;
}

/** A box for a text that takes a text file, too. */
export class OwnText {
  /**
   * @param {Look} look
   * @param {import("../js/source.js").Source} source
   * @param {Tell} tell
   */
  constructor(look, source, tell) {
    this.look = look;
    this.source = source;
    this.tell = tell;
    this.element = document.createElement("div");
    this.focus = textArea();
    if (look.longest) this.focus.maxLength = look.longest;
    this.focus.placeholder = look.empty ?? "";
    this.focus.onchange = () => this.type();
    this.focus.oninput = () => this.hint();
    this.element.append(this.focus);
    const make = maker(this.element);
    const line = make("div", "upload");
    line.hidden = Boolean(look.off);
    const chooser = /** @type {HTMLInputElement} */ (make("input", "", line));
    Object.assign(chooser, { type: "file", hidden: true });
    button(line, "Choose a file", () => chooser.click(), "press");
    chooser.onchange = () => {
      const [file] = chooser.files ?? [];
      if (file) this.take(file);
      chooser.value = ""; // the same file may be chosen again
    };
    this.said = make("output", "", line);
    this.remove = button(line, "Remove the file", () => this.leave(), "press");
    this.below = make("div", "below");
    this.element.ondragover = (event) => void (this.isFile(event) && event.preventDefault());
    this.element.ondrop = (event) => this.drop(event);
    /** @type {string|null} what the row has */
    this.value = null;
    /** @type {string|null} what the box was filled with, or was handed in */
    this.shown = null;
    /** @type {{ name: string, value: string, before: string|null }|null} the file that is in the box */
    this.file = null;
    this.nChars = 0; // of the whole text
    this.turn = 0; // of what is on its way; another text overtakes it
    this.rests = 0; // until when a text is not sent again
    this.describe();
  }

  // --- What the box shows ---------------------------------------------------------------------------

  /** @param {string} value the same again changes nothing: what is being typed stays */
  async show(value) {
    if (value === this.value) return;
    this.value = value;
    this.turn += 1;
    if (this.file?.value !== value) this.file = null;
    const lost = () => ({ text: "", nChars: 0 }); // by the server, as Python says
    const found = STORED.test(value) ? await this.load(value).catch(lost) : { text: value, nChars: value.length };
    if (this.value !== value) return;
    this.focus.value = this.shown = found.text;
    this.nChars = found.nChars;
    this.focus.readOnly = found.text.length < this.nChars;
    this.describe();
  }

  /**
   * @param {string} value of a stored text
   * @param {Blob|null} body
   * @returns {Promise<Stored>}
   */
  async load(value, body = null) {
    const known = stored.get(value);
    if (known) return known;
    const { text, n_chars: nChars } = await this.source.json(`api/texts/${value.slice(MARK.length)}`);
    return keep(value, { text, nChars, body: body ?? (text.length < nChars ? null : new Blob([text])) });
  }

  /** Say what is in the box, or what a file may be. */
  describe() {
    const { value, readOnly: isPart } = this.focus;
    const [first, all] = [value.length, this.nChars].map((number) => number.toLocaleString("en"));
    const part = isPart ? `The box shows the first ${first} of ${all} characters.` : "";
    const whole = this.file ? `${this.file.name} is in the box.` : `${WAYS} ${megabytes(this.look.file ?? 0, 0)} MB`;
    this.say(part && this.file ? `${this.file.name}: ${part.replace("T", "t")}` : part || whole);
    this.remove.hidden = !this.file && !isPart;
  }

  /** Say how what is typed is handed in. */
  hint() {
    const { longest = Infinity } = this.look;
    const isFull = this.focus.value.length >= longest;
    const full = `The box is full with ${longest.toLocaleString("en")} characters. Choose a file for a longer text.`;
    this.say(isFull ? full : "Press Ctrl+Enter to use the text.");
  }

  /** @param {string} sentence once: it may be read aloud */
  say(sentence) {
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
  }

  // --- What the reader does -------------------------------------------------------------------------

  /** Take what was typed. */
  async type() {
    const text = this.focus.value;
    if (text === this.shown) return this.describe(); // Ctrl+Enter came before
    this.shown = text;
    this.file = null;
    this.nChars = text.length;
    if (!this.isShort(text)) this.say("Sending the text …");
    const note = async (/** @type {string} */ value, /** @type {Blob} */ body) => keep(value, { text, nChars: text.length, body });
    const value = this.isShort(text) ? text : await this.store(async () => new Blob([text]), note);
    if (value === null) {
      if (this.shown === text) this.shown = null; // it can be handed in once more
      return;
    }
    this.turn += 1;
    this.value = value;
    this.describe();
    this.tell.use(value);
  }

  /** Whether a text is its own value. @param {string} text */
  isShort(text) {
    return text.length <= (this.look.linked ?? 0) && !text.startsWith(MARK);
  }

  /** @param {File} file */
  async take(file) {
    const { file: most = 0 } = this.look;
    if (file.size > most) {
      return this.refuse(`A text can have at most ${megabytes(most, 0)} MB, and this one has ${megabytes(file.size, 1)} MB: choose a shorter one.`);
    }
    this.tell.refuse("");
    this.say(`Reading ${file.name} …`);
    const read = async () => {
      try {
        return new Blob([await file.arrayBuffer()]); // the file may change, and be sent again
      } catch {
        throw new Error("the browser cannot read this file: choose it again");
      }
    };
    const name = await this.store(read, (value, body) => this.load(value, body));
    if (name === null) return;
    const { text, nChars } = await this.load(name);
    const value = text.length >= nChars && this.isShort(text) ? text : name;
    this.file = { name: file.name, value, before: this.file?.before ?? this.value };
    this.value = null;
    this.tell.use(value);
  }

  /** Go back to the text from before the file. */
  leave() {
    const value = this.file?.before ?? this.look.first;
    this.file = this.value = null;
    this.tell.use(value);
    this.focus.focus();
  }

  /** @param {DragEvent} event */
  isFile({ dataTransfer }) {
    return !this.focus.disabled && Boolean(dataTransfer?.types.includes("Files"));
  }

  /** @param {DragEvent} event */
  drop(event) {
    if (!this.isFile(event)) return;
    event.preventDefault(); // or the browser opens the file in place of the page
    const { items, files } = /** @type {DataTransfer} */ (event.dataTransfer);
    const dropped = [...items].filter(({ kind }) => kind === "file");
    if (dropped.length > 1) return this.refuse(`The box takes one file, and ${dropped.length} were dropped: drop one of them.`);
    if (dropped[0]?.webkitGetAsEntry?.()?.isDirectory) return this.refuse("This is a folder: drop one text file.");
    this.take(files[0]);
  }

  // --- The server -----------------------------------------------------------------------------------

  /**
   * Have the server store a text; return its value, null where it was refused, or another text has overtaken it.
   * @param {() => Promise<Blob>} read
   * @param {(value: string, body: Blob) => Promise<unknown>} note takes what the box needs of it
   */
  async store(read, note) {
    const turn = (this.turn += 1);
    try {
      const body = await read();
      const value = MARK + (await this.post(body)).name;
      await note(value, body);
      return turn === this.turn && this.element.isConnected ? value : null;
    } catch (error) {
      if (turn === this.turn) this.refuse(/** @type {Error} */ (error).message);
      return null;
    }
  }

  /**
   * @param {Blob} body
   * @returns {Promise<{ name: string }>}
   */
  post(body) {
    const sent = line.then(() => this.send(body));
    line = sent.catch(() => {});
    return sent;
  }

  /** @param {Blob} body */
  async send(body) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.source.post("api/texts", body);
      } catch (error) {
        const { status, passes, after } = /** @type {import("../js/source.js").Refusal} */ (error);
        if (status === 0) throw new Error("the server does not answer: hand the text in again");
        if (!passes || tries === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(1, after)));
      }
    }
  }

  /** The server no longer has the text: send it again, and tell whether that is possible. */
  again() {
    const body = stored.get(this.value ?? "")?.body;
    if (!body || Date.now() < this.rests) return false;
    this.rests = Date.now() + AGAIN;
    this.post(body).then(this.tell.again, (error) => this.refuse(error.message));
    return true;
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.describe();
    this.tell.refuse(asSentence(sentence));
  }
}

/**
 * @param {number} bytes
 * @param {number} digits
 */
const megabytes = (bytes, digits) => (bytes / 1e6).toFixed(digits);
