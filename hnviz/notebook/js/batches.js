// @ts-check

import { render } from "../../app/rooms/batches/grid/main.js";
import { begin } from "./page.js";

begin(render);
