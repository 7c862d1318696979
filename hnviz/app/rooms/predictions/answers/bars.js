// The likeliest words as bars; two answers to compare are one below the other.

export function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** A probability as percent, as in figures/answers.py, but shorter. */
export function chance(share) {
  const percent = 100 * share;
  if (percent >= 99.95) return ">99.9 %";
  if (percent >= 99.5) return `${percent.toFixed(1)} %`;
  if (percent >= 9.95) return `${percent.toFixed(0)} %`;
  if (percent >= 0.095) return `${percent.toFixed(1)} %`;
  if (percent >= 0.0001) return `${Number(Number(percent.toPrecision(1)).toFixed(4))} %`;
  return "<0.0001 %";
}

/** Paint [word, [share, ...], note] as rows, and the names of the series where there are two. */
export function paintBars(host, rows, series) {
  const double = series.length > 1;
  host.classList.toggle("double", double);
  const axis = element("div", "axis");
  axis.append(element("span", "", "0"), element("span", "", "probability"), element("span", "", "1"));
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
  const said = element("span", "share", shares.map(chance).join(" → "));
  if (note) said.append(element("small", "", note));
  row.append(element("b", "", word), tracks, said);
  return row;
}
