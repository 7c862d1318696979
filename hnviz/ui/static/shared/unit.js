// The unit that is picked in one picture of a page, for the others: without Python, at once.

const EVENT = "hnviz-unit";

/** Tell the other pictures; `from` is whoever tells. */
export function announceUnit(from, unit) {
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
