// What all parts of the picture share: when it is narrow, colours, text, marks of what was found.

export const isNarrow = (width) => width < 600;

/** Text in a halo of the background. */
export function write(pen, theme, text, x, y, { align = "left", bold = false, muted = false } = {}) {
  pen.font = `${bold ? 600 : 400} 13px ${theme.font}`;
  pen.textAlign = align;
  pen.lineJoin = "round";
  pen.strokeStyle = theme.background;
  pen.lineWidth = 5;
  pen.strokeText(text, x, y);
  pen.fillStyle = muted ? theme.muted : theme.text;
  pen.fillText(text, x, y);
}

/** Triangles that point down at `bottom`, one for all places whose x(place) is the same pixel. */
export function pointers(pen, theme, places, x, bottom) {
  let last = -Infinity;
  pen.fillStyle = theme.cursor;
  pen.beginPath();
  for (const place of places) {
    const tip = x(place);
    if (tip - last < 1.5) continue;
    last = tip;
    pen.moveTo(tip - 4, bottom - 7);
    pen.lineTo(tip + 4, bottom - 7);
    pen.lineTo(tip, bottom);
  }
  pen.fill();
}
