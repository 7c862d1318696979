// @ts-check

import { render } from "../../app/kit/panels/main.js";
import { SmallPlotly } from "../../export/js/plot.js";
import { begin } from "./page.js";

Object.assign(window, { Plotly: SmallPlotly }); // kit/js/plotly.js takes it in place of its own
begin(render);
