// @ts-check
// The two curves as a table.

import { chartTables } from "../../../kit/js/tables.js";

const LAYOUT = { xaxis: { title: { text: "step" } }, yaxis: { title: { text: "loss per token" } } };
const SHOWN = ["train", "valid"];

/**
 * @param {unknown} _
 * @param {{ data: { name?: string }[] }} view
 */
export const table = (_, { data }) => chartTables("The loss", { data: data.filter(({ name = "" }) => SHOWN.includes(name)), layout: LAYOUT });
