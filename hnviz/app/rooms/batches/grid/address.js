// What the address keeps of the picture: ?cell=2-0-66 and ?find=8046.

/** The cell in the address, or null. */
export function cellInAddress() {
  const asked = new URL(location).searchParams.get("cell") ?? "";
  return /^\d{1,9}-\d{1,9}-\d{1,9}$/.test(asked) ? asked.split("-").map(Number) : null;
}

export const findInAddress = () => new URL(location).searchParams.get("find") ?? "";

export function writeAddress(cell, find) {
  const url = new URL(location);
  url.searchParams.set("cell", cell.join("-"));
  if (find) url.searchParams.set("find", find);
  else url.searchParams.delete("find");
  history.replaceState(history.state, "", url); // st.query_params would add to the history
}
