// @ts-check
// Tables as values: what a picture shows, in rows. No DOM.

/**
 * @typedef {string|number|boolean|null|undefined} Cell
 * @typedef {{ title: string, unit?: string }} Head
 * @typedef {{ caption: string, columns: Head[], n: number, row: (at: number) => Cell[] }} Data
 *   n     how many rows there are; a row is made when it is shown
 */

/** Why a picture needs no table. */
export const HAS_NONE = {
  words: "it is written in words",
  table: "it is a table already",
  list: "it is a list to choose from",
  control: "it is a control and shows no data",
};

/** @param {string[]} titles */
export const heads = (...titles) => titles.map((title) => ({ title }));

/**
 * A table from its rows.
 * @param {string} caption
 * @param {Head[]} columns
 * @param {Cell[][]} rows
 * @returns {Data}
 */
export const listed = (caption, columns, rows) => ({ caption, columns, n: rows.length, row: (at) => rows[at] });

/**
 * The tables that Python put beside its drawing (hnviz/app/kit/tabled.py).
 * @param {import("./picture.js").Drawing} drawing
 * @returns {Data[]}
 */
export const sentTables = ({ answers }) =>
  Object.values(answers)
    .flatMap((answer) => answer?.meta.tables ?? [])
    .map(({ caption, columns, rows }) => listed(caption, columns, rows));

/** @typedef {{ data: any[], layout: any }} Figure of Plotly */

/**
 * A chart's curves, a table for each of its plots: a row for each x, a column for each curve with a name.
 * @param {string} caption
 * @param {Figure} figure
 * @returns {Data[]}
 */
export function chartTables(caption, { data, layout }) {
  const traces = data.filter(({ name, x, y }) => name && x?.length && y?.length);
  const plots = [...new Set(traces.map(({ xaxis = "x" }) => xaxis))];
  const title = plots.map((plot) => titleOf(layout, plot)).find(Boolean) ?? "x";
  return plots.map((plot) => {
    const head = plain(layout.annotations?.find((/** @type {any} */ { xref, yref = "" }) => xref === `${plot} domain` && yref.endsWith(" domain"))?.text);
    const own = traces.filter(({ xaxis = "x" }) => xaxis === plot);
    return plotTable([caption, head].filter(Boolean).join(": "), titleOf(layout, plot) || title, own, layout);
  });
}

/**
 * @param {string} caption
 * @param {string} x title of the axis
 * @param {any[]} traces
 * @param {any} layout
 */
function plotTable(caption, x, traces, layout) {
  const names = traces.map(({ name }) => name);
  const heads = traces.map(({ name, yaxis = "y" }, at) => ({ title: names.indexOf(name) === at ? name : `${name}, ${at + 1}`, unit: unitOf(layout, yaxis) }));
  /** @type {Map<string|number, Cell[]>} */
  const rows = new Map();
  traces.forEach((trace, at) => {
    if (isLevel(trace)) return;
    trace.x.forEach((/** @type {string|number} */ place, /** @type {number} */ index) => {
      if (!rows.has(place)) rows.set(place, [place, ...traces.map((each) => (isLevel(each) ? each.y[0] : null))]);
      /** @type {Cell[]} */ (rows.get(place))[at + 1] = trace.y[index];
    });
  });
  const ordered = [...rows.values()].sort(([one], [other]) => Number(one) - Number(other));
  return listed(caption, [{ title: x }, ...heads], ordered);
}

/**
 * Whether a trace is a line across the plot, as hnviz.figures.ruler.bound_lines draws it.
 * @param {any} trace
 */
const isLevel = ({ hoverinfo, x, y }) => hoverinfo === "skip" && x.length === 2 && y[0] === y[1];

/**
 * @param {any} layout
 * @param {string} axis such as "x2"
 */
const axisOf = (layout, axis) => layout[`${axis[0]}axis${axis.slice(1)}`] ?? {};

/**
 * @param {any} layout
 * @param {string} axis
 */
const titleOf = (layout, axis) => plain(axisOf(layout, axis).title?.text);

/**
 * The unit of an axis: what the figure itself says, its title, or what its marks say of its numbers.
 * @param {any} layout
 * @param {string} axis
 */
function unitOf(layout, axis) {
  const { ticktext, tickvals } = axisOf(layout, axis);
  const percent = ticktext?.at(-1)?.endsWith("%") && (tickvals.at(-1) > 1 ? "%" : "share");
  return [layout.meta?.units?.[axis] ?? titleOf(layout, axis), percent].filter(Boolean).join(", ");
}

/** @param {string|undefined} text of Plotly, which may hold tags */
const plain = (text) => (text ?? "").replaceAll(/<[^>]*>/g, " ").trim();

/**
 * A cell as a reader sees it: four digits of a fraction.
 * @param {Cell} value
 */
export function cellText(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/**
 * All rows as comma-separated values (RFC 4180), numbers with the seven digits of a float32.
 * @param {Data} data
 */
export function csv({ columns, n, row }) {
  const head = columns.map(({ title, unit }) => quoted(safe(unit ? `${title} (${unit})` : title)));
  const lines = Array.from({ length: n }, (_, at) => row(at).map((value) => quoted(typeof value === "string" ? safe(value) : exact(value))));
  return [head, ...lines].map((cells) => cells.join(",")).join("\r\n");
}

/** @param {Cell} value */
function exact(value) {
  if (typeof value !== "number") return cellText(value);
  if (Number.isNaN(value)) return "";
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(7)));
}

/**
 * A text that begins as a formula would run in a spreadsheet: an apostrophe keeps it a text. A number may
 * begin with a minus: it is no text.
 * @param {string} text
 */
const safe = (text) => (/^\s*[=+\-@]|^[\t\r]/.test(text) ? `'${text}` : text);

/** @param {string} text */
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
