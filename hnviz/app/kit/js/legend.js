// The token kinds, each with its letter, so that colour is never the only sign of a kind.

const KINDS = [
  ["comma", "comma", ","],
  ["place", "hundred", "H"],
  ["place", "thousand", "K"],
  ["ones", "ones", "1"],
  ["teens", "teens", "t"],
  ["tens", "tens", "0"],
  ["special", "special", "x"],
];

/** A kind's name among the theme's colours: both place words share one. */
export const colorName = (kind) => (kind === "hundred" || kind === "thousand" ? "place" : kind);

/** Make the items of the kinds that are shown, in the theme's colours. */
export function kindItems(kinds, theme) {
  const shown = Object.entries(theme.letters).filter(([kind]) => kinds.includes(kind));
  return shown.map(([kind, letter]) => {
    const made = item(letter, kind, "chip");
    const color = colorName(kind);
    made.firstChild.style.cssText = `background:${theme.kind[color]};color:${theme.kindText[color]}`;
    return made;
  });
}

/** Make a legend of <span> items; `extra`, each [name, class, letter], come last. */
export function kindLegend(extra = []) {
  const legend = document.createElement("div");
  legend.className = "legend";
  legend.append(
    ...KINDS.map(([kind, name, letter]) => item(letter, name, `kind ${kind}`)),
    ...extra.map(([name, look, letter = ""]) => item(letter, name, look)),
  );
  return legend;
}

function item(letter, name, look) {
  const span = document.createElement("span");
  const chip = document.createElement("i");
  chip.className = look;
  chip.textContent = letter;
  chip.setAttribute("aria-hidden", "true");
  span.append(chip, name);
  return span;
}
