// @ts-check

import { render } from "../../app/machine/main.js";
import { begin } from "./page.js";

begin(render);
