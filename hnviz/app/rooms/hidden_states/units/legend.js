// The kinds of the tokens that are shown, each with its letter.

/** A kind's name among the colours: both place words share one. */
export const colorName = (kind) => (kind === "hundred" || kind === "thousand" ? "place" : kind);

export function kindLegend(kinds, theme) {
  const present = new Set(kinds);
  return Object.entries(theme.letters)
    .filter(([name]) => present.has(name))
    .map(([name, letter]) => {
      const item = document.createElement("span");
      const chip = document.createElement("b");
      const color = colorName(name);
      chip.style.cssText = `background:${theme.kind[color]};color:${theme.kindText[color]}`;
      chip.textContent = letter;
      item.append(chip, name);
      return item;
    });
}
