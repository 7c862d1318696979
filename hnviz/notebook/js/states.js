// @ts-check

import { render } from "../../app/rooms/hidden_states/units/main.js";
import { begin } from "./page.js";

begin(render);
