// @ts-check
// Still Plotly charts: the figures of one or more views, or those that the page sent itself.
//
// an answer's meta, or the settings = { charts: [{ figure, title, note, marks, height }] }

import { PanelGrid } from "../js/panel.js";
import { picture } from "../js/picture.js";
import { loadPlotly } from "../js/plotly.js";
import { plainText } from "../js/text.js";
import { chartTables } from "../js/tables.js";

/** @param {import("../js/picture.js").Drawing} drawing */
function table({ answers, settings, alt }) {
  const groups = [...Object.values(answers), { meta: settings, sentence: settings.alt }];
  return groups.flatMap((group) =>
    (group?.meta.charts ?? []).flatMap((/** @type {any} */ { title, figure }) => chartTables(title || plainText(group?.sentence || alt), figure)),
  );
}

class Charts {
  /**
   * @param {HTMLElement} body
   * @param {import("../js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    this.grid = new PanelGrid(body);
    /** @type {any} */
    this.Plotly = null;
    /** @type {Promise<any>|null} */
    this.loading = null;
  }

  /** @param {import("../js/picture.js").Drawing} drawing */
  async draw(drawing) {
    this.wanted = this.contents(drawing);
    if (!this.wanted.length) { // an answer of one sentence needs no place for charts
      this.kit.root.style.minHeight = "0";
      return this.grid.show([], this.Plotly);
    }
    if (this.loading) return void (await this.loading.catch(() => {})); // the first call draws
    try {
      this.Plotly ??= await (this.loading = loadPlotly(new URL(drawing.settings.plotly, this.kit.home), this.kit.source));
      if (this.kit.root.isConnected) this.grid.show(this.wanted, this.Plotly);
    } finally {
      this.loading = null;
    }
  }

  /**
   * @param {import("../js/picture.js").Drawing} drawing
   * @returns {import("../js/panel.js").Content[]}
   */
  contents({ answers, settings, run, alt }) {
    const groups = Object.entries(answers).map(([name, answer]) => ({ name, charts: answer?.meta.charts ?? [] }));
    if (settings.charts) groups.push({ name: this.kit.data.id, charts: settings.charts });
    return groups.flatMap(({ name, charts }) =>
      charts.map((/** @type {any} */ chart, /** @type {number} */ at) => ({
        ...chart,
        name: charts.length > 1 ? `${name}-${at}` : name,
        alt: plainText(answers[name]?.sentence ?? "") || settings.alt || alt,
        of: run,
      })),
    );
  }

  destroy() {
    this.grid.destroy();
  }
}

export const render = picture({
  styles: new URL("../js/charts.css", import.meta.url),
  keeps: true,
  table,
  create: (body, kit) => new Charts(body, kit),
});
