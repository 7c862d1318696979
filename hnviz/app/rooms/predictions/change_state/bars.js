// The most probable words as bars; two answers to compare are one below the other.

import { percent, unbroken } from "../../../kit/js/text.js";

export function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** Paint [word, [share, ...], note] as rows, and the names of the series where there are two. */
export function paintBars(host, rows, series) {
  const double = series.length > 1;
  host.classList.toggle("double", double);
  const axis = element("div", "axis");
  axis.append(element("span", "", unbroken("0 %")), element("span", "", "probability"), element("span", "", unbroken("100 %")));
  const parts = rows.map((row) => bar(row));
  parts.push(axis);
  if (double) {
    const key = element("div", "key");
    series.forEach((name, at) => {
      const item = element("span", "");
      item.append(element("i", at ? "swatch" : "swatch first"), name);
      key.append(item);
    });
    parts.push(key);
  }
  host.replaceChildren(...parts);
}

function bar([word, shares, note]) {
  const row = element("div", note ? "bar noted" : "bar");
  const tracks = element("div", "tracks");
  for (const share of shares) {
    const track = element("div", "track");
    const fill = element("i");
    fill.style.width = `${100 * share}%`;
    track.append(fill);
    tracks.append(track);
  }
  const said = element("span", "share", shares.map((share) => unbroken(percent(share))).join(" → "));
  if (note) said.append(element("small", "", note));
  row.append(element("b", "", word), tracks, said);
  return row;
}
