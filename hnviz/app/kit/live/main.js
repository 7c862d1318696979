// Plotly charts that grow in place: a new point is appended, nothing is mounted again, so a
// reader's zoom, hover and hidden traces stay.
//
// data = { plotly, panels: [{ name, title, note, alt, height, of, version, still?, can_wait?,
//                             figure?, traces?, marks? }] }
//   of               whose curves these are: a zoom holds for them alone
//   figure           the whole figure, when Python cannot know that the browser has one
//   traces           per trace { from, x, y, ... }: points from index `from` on
//   still            a chart that never grows: always whole, its version names all of it
//   can_wait         whatever was pressed is answered first
//   marks            { annotations, shapes }: labels that move with the newest point
// A browser that misses points in between asks for the whole with send("need", version).

import { define } from "../js/define.js";

// A double click is ours: Plotly's own goes back to the first figure that a chart ever showed.
const CONFIG = {
  displaylogo: false,
  responsive: true,
  displayModeBar: false,
  scrollZoom: false,
  doubleClick: false,
};
const AFTER_PRESS = 250; // ms in which a press gets its answer
const LONGEST_WAIT = 1000; // ms that a curve stands still while somebody presses on and on
const coarse = matchMedia("(pointer: coarse)");

let plotly = null;

function loadPlotly(address) {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      plotly = null; // the next drawing may try again
      reject(new Error("plotly.min.js did not arrive"));
    };
    document.head.append(script);
  });
  return plotly;
}

let pressed = -AFTER_PRESS;
for (const kind of ["pointerdown", "click", "keydown"]) {
  addEventListener(kind, () => (pressed = performance.now()), { capture: true, passive: true });
}

/** What is left of the time in which the last press gets its answer, in ms; below 0 is none. */
const rest = () => pressed + AFTER_PRESS - performance.now();

/**
 * Growing a curve takes the browser some 30 ms and is in no haste: what a reader has just pressed
 * comes first, also what is pressed while a curve waits. Each chart has a task of its own, so that
 * a press gets in between.
 */
async function whenNobodyPresses() {
  const latest = performance.now() + LONGEST_WAIT;
  do {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest())));
  } while (rest() > 0 && performance.now() < latest);
}

class Panel {
  constructor(grid) {
    this.title = document.createElement("h3");
    this.chart = document.createElement("div");
    this.chart.setAttribute("role", "img");
    const figure = document.createElement("figure");
    figure.append(this.title, this.chart);
    grid.append(figure);
    this.version = null;
    this.counts = [];
    this.work = Promise.resolve();
    this.marks = ""; // the labels as they were last drawn
    this.asked = new Map(); // axis, as "yaxis2" -> the range that the figure gave it, as JSON
  }

  update(panel, Plotly, send) {
    const note = document.createElement("small");
    note.textContent = panel.note ?? "";
    this.title.replaceChildren(panel.title ?? "", note);
    this.title.hidden = !panel.title;
    this.chart.setAttribute("aria-label", panel.alt);
    this.chart.dataset.panel = panel.name;
    // One after the other: Plotly must be through with a drawing before the next begins.
    this.work = this.work
      .then(() => (panel.figure ? this.draw(panel, Plotly) : this.grow(panel, Plotly, send)))
      .catch((error) => console.error("hnviz live chart:", error));
  }

  async draw({ figure, of, version, height, still, can_wait }, Plotly) {
    if (still && version === this.version) return;
    if (can_wait) await whenNobodyPresses();
    if (of !== this.chart.dataset.of) this.asked.clear();
    // A finger scrolls the page, a mouse zooms what grows.
    const dragmode = still || coarse.matches ? false : "zoom";
    const layout = { ...figure.layout, height, autosize: true, dragmode };
    delete layout.width;
    for (const [axis, range] of this.zoomed()) {
      layout[axis] = { ...layout[axis], range, autorange: false };
    }
    this.asked = new Map(
      Object.entries(figure.layout)
        .filter(([name]) => /^[xy]axis/.test(name))
        .map(([name, axis]) => [name, JSON.stringify(axis.range)]),
    );
    await Plotly.react(this.chart, figure.data, layout, CONFIG);
    if (this.version === null) this.listen(Plotly);
    this.version = version;
    this.chart.dataset.of = of;
    this.counts = figure.data.map((trace) => trace.x?.length ?? 0);
    this.chart.dataset.points = Math.max(0, ...this.counts);
  }

  /**
   * The axes that the reader has zoomed, each with its range: another figure must not take that
   * back. They are found in the layout, since Plotly tells of a zoom only once it is drawn.
   */
  zoomed() {
    const found = [];
    for (const [axis, asked] of this.asked) {
      const { range, autorange } = this.chart.layout[axis] ?? {};
      if (range && !autorange && JSON.stringify(range) !== asked) found.push([axis, [...range]]);
    }
    return found;
  }

  /** A double click gives back the range of the newest figure, not of the first. */
  listen(Plotly) {
    this.chart.on("plotly_doubleclick", () => {
      const ranges = [...this.asked].filter(([, range]) => range);
      const layout = ranges.map(([axis, range]) => [`${axis}.range`, JSON.parse(range)]);
      return Plotly.relayout(this.chart, Object.fromEntries(layout));
    });
  }

  /** Append points and move labels in one redraw; nothing new is nothing to draw. */
  async grow({ traces, marks, version }, Plotly, send) {
    const behind = traces.some((trace, index) => trace.from > this.counts[index]);
    if (version !== this.version || behind) return send("need", `${version}:${Date.now()}`);
    let grown = false;
    const data = this.chart.data.map((trace, index) => {
      const { from, x, y } = traces[index];
      const skip = this.counts[index] - from;
      if (x.length <= skip) return trace;
      grown = true;
      this.counts[index] = from + x.length;
      return { ...trace, x: [...trace.x, ...x.slice(skip)], y: [...trace.y, ...y.slice(skip)] };
    });
    const moved = JSON.stringify(marks);
    if (!grown && moved === this.marks) return;
    this.marks = moved;
    await whenNobodyPresses();
    await Plotly.react(this.chart, data, { ...this.chart.layout, ...marks }, CONFIG);
    this.chart.dataset.points = Math.max(0, ...this.counts);
  }
}

class LiveFigures {
  constructor(root) {
    this.grid = document.createElement("div");
    this.grid.className = "hnviz-live";
    root.append(this.grid);
    this.panels = new Map();
  }

  update({ data, files: Plotly, theme, send }) {
    this.Plotly = Plotly;
    // Figures carry their colours: in the other mode they are asked for anew.
    if (this.dark !== undefined && this.dark !== theme.dark) send("need", `theme:${Date.now()}`);
    this.dark = theme.dark;
    for (const panel of data.panels) {
      if (!this.panels.has(panel.name)) this.panels.set(panel.name, new Panel(this.grid));
      this.panels.get(panel.name).update(panel, Plotly, send);
    }
  }

  destroy() {
    for (const { chart } of this.panels.values()) this.Plotly?.purge(chart);
  }
}

export const render = define({
  styles: new URL("live.css", import.meta.url),
  load: (data, home) => loadPlotly(new URL(data.plotly, home)),
  create: (root) => new LiveFigures(root),
});
