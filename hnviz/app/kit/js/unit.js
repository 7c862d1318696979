// The unit that is picked in one picture of a page, for the others: without Python, at once. It is
// kept in the address, ?unit=16.

const EVENT = "hnviz-unit";

/** The unit in the address, or null. */
export function pickedUnit() {
  const asked = new URL(location).searchParams.get("unit") ?? "";
  return /^\d{1,8}$/.test(asked) ? Number(asked) : null;
}

/** Tell the other pictures and the address; `from` is whoever tells. */
export function announceUnit(from, unit) {
  const url = new URL(location);
  url.searchParams.set("unit", unit);
  history.replaceState(history.state, "", url); // st.query_params would add to the history
  dispatchEvent(new CustomEvent(EVENT, { detail: { from, unit } }));
}

/** Hear of units that others picked; returns what ends it. */
export function onUnit(self, hear) {
  const listen = ({ detail }) => {
    if (detail.from !== self) hear(detail.unit);
  };
  addEventListener(EVENT, listen);
  return () => removeEventListener(EVENT, listen);
}
