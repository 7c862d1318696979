// @ts-check
// Parameters of questions, checked as hnviz/questions/params.py checks them, from what Python declares.

/**
 * @typedef {string|string[]} Kind "int", "float", "bool", "text", "ints", or the words to choose from
 * @typedef {object} Declared one parameter, as `Param.declared` in Python writes it
 * @property {Kind} kind
 * @property {any} [default] the parameter is required without one
 * @property {number|string} [low] a string is a limit that the model decides, in words
 * @property {number|string} [high]
 * @property {number} [least] numbers in a list
 * @property {number|string} [most]
 * @property {string} [choices] what decides the words of a text
 * @property {string} [wanted]
 *
 * @typedef {Record<string, Declared>} Params by name, in their order
 * @typedef {Record<string, any>} Values
 * @typedef {(param: Declared, value: any) => any} Read makes a value of a parameter's kind; throws for any other value
 * @typedef {(param: Declared, values: Values) => Declared} Decide replaces limits in words by numbers
 */

const LONGEST_NUMBER = 18; // digits
const LONGEST_REAL = 40; // characters
const LONGEST_TEXT = 20_000; // characters
const MOST_INTS = 4000; // numbers in one list
const SHOWN = 60; // characters of a value that a sentence quotes

const INT = new RegExp(`^-?[0-9]{1,${LONGEST_NUMBER}}$`);
const FLOAT = /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/;

/** A parameter is unknown, missing or not allowed; the message is a sentence. */
export class ParamError extends Error {}

/**
 * Read the parameters of an address, and fill in defaults; `of` names the question in errors. Throws ParamError.
 * @param {Params} params
 * @param {Record<string, string>} given
 * @param {string} of
 */
export const readQuery = (params, given, of) => complete(params, given, of, fromText, (param) => param);

/**
 * Check parameters that are values already, and fill in defaults. Throws ParamError.
 * @param {Params} params
 * @param {Values} given
 * @param {string} of
 * @param {Decide} decide
 */
export const readValues = (params, given, of, decide) => complete(params, given, of, fromValue, decide);

/**
 * The allowed values, in words.
 * @param {Declared} param
 */
export function wanted({ kind, low, high, least = 0, most = MOST_INTS }) {
  if (Array.isArray(kind)) return `one of ${kind.join(", ")}`;
  const from = low === undefined ? "" : ` of at least ${told(low)}`;
  const limits = high === undefined ? from : ` from ${told(low ?? "")} to ${told(high)}`;
  const count = least ? `${told(least)} to ` : "at most ";
  return {
    int: `a whole number${limits}`,
    float: `a number${limits}`,
    bool: "true or false",
    text: `a text of at most ${told(LONGEST_TEXT)} characters`,
    ints: `${count}${told(most)} whole numbers${limits || ", such as 1,2,3"}`,
  }[kind];
}

/** @param {number|string} limit */
const told = (limit) => (typeof limit === "string" ? limit : limit.toLocaleString("en-US", { maximumFractionDigits: 20 }));

/**
 * @param {Params} params
 * @param {Values} given
 * @param {string} of
 * @param {Read} read
 * @param {Decide} decide
 */
function complete(params, given, of, read, decide) {
  const names = Object.keys(params);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new ParamError(`${of} has no parameter ${quoted(name)}; ${names.length ? `it has ${names.join(", ")}` : "it takes none"}`);
  }
  /** @type {Values} */
  const values = {};
  for (const [name, declared] of Object.entries(params)) {
    const param = decide(declared, values);
    if (name in given) values[name] = checked(name, param, given[name], read);
    else if ("default" in param) values[name] = param.default;
    else throw new ParamError(`${of} needs ${name}: ${wanted(param)}`);
  }
  return values;
}

/**
 * @param {string} name
 * @param {Declared} param
 * @param {any} given
 * @param {Read} read
 */
function checked(name, param, given, read) {
  try {
    const value = read(param, given);
    hold(param, value);
    return value;
  } catch {
    const came = quoted(given, param.kind === "float");
    const many = Array.isArray(given) && came.length > SHOWN ? `${told(given.length)} values: ` : "";
    throw new ParamError(`${name} must be ${wanted(param)}; got ${many}${came}`);
  }
}

/** Throws for a value outside the limits. @param {Declared} param @param {any} value */
function hold({ kind, low, high, least = 0, most = MOST_INTS }, value) {
  if (kind === "ints" && !(value.length >= least && value.length <= Number(most))) throw new RangeError();
  const numbers = kind === "ints" ? value : kind === "int" || kind === "float" ? [value] : [];
  for (const each of numbers) {
    const inside = (low === undefined || each >= Number(low)) && (high === undefined || each <= Number(high));
    if (!Number.isFinite(each) || !inside) throw new RangeError();
  }
}

/** @type {Read} */
function fromText({ kind }, text) {
  if (Array.isArray(kind)) return oneOf(kind, text);
  if (kind === "ints") {
    const parts = text ? text.split(",") : [];
    if (parts.length > MOST_INTS) throw new RangeError();
    return parts.map(int);
  }
  if (kind === "bool") return oneOf(["true", "false"], text) === "true";
  if (kind === "float") {
    if (text.length > LONGEST_REAL || !FLOAT.test(text)) throw new RangeError();
    return Number(text);
  }
  return kind === "int" ? int(text) : brief(text);
}

/** @type {Read} */
function fromValue({ kind }, value) {
  if (Array.isArray(kind)) return oneOf(kind, value);
  if (kind === "ints" && Array.isArray(value) && value.every(Number.isInteger)) return value;
  const fits = { int: Number.isInteger(value), float: typeof value === "number", bool: typeof value === "boolean" };
  if (kind === "text" && typeof value === "string") return brief(value);
  if (fits[/** @type {keyof typeof fits} */ (kind)]) return value;
  throw new RangeError();
}

/** @param {string[]} words @param {any} value */
function oneOf(words, value) {
  if (!words.includes(value)) throw new RangeError();
  return value;
}

/** @param {string} text */
function int(text) {
  if (!INT.test(text)) throw new RangeError();
  return Number(text);
}

/** @param {string} text */
function brief(text) {
  if ([...text].length > LONGEST_TEXT) throw new RangeError();
  return text;
}

/**
 * A value as Python writes it in a sentence: shortened, and in quotes if it is text.
 * @param {any} value
 * @param {boolean} isReal whether a whole number is written with a point
 */
function quoted(value, isReal = false) {
  const text = typeof value === "string" ? value : inPython(value, isReal);
  const signs = [...text];
  const short = signs.length <= SHOWN ? text : `${signs.slice(0, SHOWN).join("")}...`;
  return typeof value === "string" ? inQuotes(short) : short;
}

/** @param {any} value @param {boolean} isReal @returns {string} */
function inPython(value, isReal) {
  if (Array.isArray(value)) return `[${value.map((each) => inPython(each, false)).join(", ")}]`;
  if (typeof value === "string") return inQuotes(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return isReal && Number.isInteger(value) ? `${value}.0` : String(value);
}

/** @param {string} text */
function inQuotes(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const signs = /** @type {Record<string, string>} */ ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [mark]: `\\${mark}` });
  const written = [...text].map((sign) => {
    const code = sign.charCodeAt(0);
    const isControl = code < 32 || (code >= 127 && code < 161);
    return signs[sign] ?? (isControl ? `\\x${code.toString(16).padStart(2, "0")}` : sign);
  });
  return mark + written.join("") + mark;
}
