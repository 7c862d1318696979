// In which order the rows are: a choice below the picture, kept in the address.

import { inAddress, putInAddress } from "../../../kit/js/page.js";

const ORDER = "states_order";

export class OrderChoice {
  constructor(make, changed) {
    const label = make("label", "order", undefined, "Order of the units");
    label.title = "The order comes from the run's last snapshot, so each row stays the same unit while you play the training.";
    this.select = make("select", "", label);
    this.wrong = make("p", "wrong");
    this.wrong.setAttribute("role", "alert");
    this.asked = inAddress(ORDER);
    this.orders = [];
    this.select.onchange = () => {
      this.asked = this.select.value;
      putInAddress(ORDER, this.select.selectedIndex ? this.asked : null);
      this.wrong.textContent = "";
      changed();
    };
  }

  /** The order to ask for; "" is the first one, as it is of an address that names none of them. */
  get order() {
    return this.orders.indexOf(this.asked) > 0 ? this.asked : "";
  }

  offer(orders) {
    if (String(orders) === String(this.orders)) return;
    const first = !this.orders.length;
    this.orders = orders;
    this.select.replaceChildren(...orders.map((name) => new Option(name, name)));
    if (this.asked !== null && !orders.includes(this.asked)) {
      this.wrong.textContent = `The address asks for the order “${this.asked.slice(0, 40)}”; choose one of ${orders.join(", ")}.`;
      this.asked = null;
    }
    this.select.value = this.order || orders[0];
    return first;
  }
}
