// The order of the rows: a choice below the picture, kept in the address.

import { putInAddress } from "../../../kit/js/address.js";

const ORDER = "states_order";

export class OrderChoice {
  constructor(make, asked, changed) {
    const label = make("label", "order", undefined, "Order of the units");
    label.title = "The order comes from the run's last snapshot, so each row stays the same unit while you play the training.";
    this.select = make("select", "", label);
    this.asked = asked;
    this.orders = [];
    this.select.onchange = () => {
      putInAddress(ORDER, this.select.selectedIndex ? this.select.value : null);
      changed();
    };
  }

  /** The order to ask for; "" is the first one. */
  get order() {
    return this.select.selectedIndex > 0 ? this.select.value : "";
  }

  offer(orders) {
    if (String(orders) === String(this.orders)) return;
    const chosen = this.orders.length ? this.select.value : this.asked.choice(ORDER, orders, orders[0]);
    this.orders = orders;
    this.select.replaceChildren(...orders.map((name) => new Option(name, name)));
    this.select.value = orders.includes(chosen) ? chosen : orders[0];
  }
}
