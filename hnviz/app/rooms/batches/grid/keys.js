// Where a key leads from a cell; null for keys that mean nothing here.

export function cellAfterKey(key, layout, cell) {
  const [batch, row, step] = cell;
  const last = layout.bptt - 1;
  const moves = {
    ArrowLeft: () => (step ? [batch, row, step - 1] : [batch - 1, row, batch ? last : 0]),
    ArrowRight: () => layout.after(cell) ?? cell,
    ArrowUp: () => [batch, row - 1, step],
    ArrowDown: () => [batch, row + 1, step],
    Home: () => [batch, row, 0],
    End: () => [batch, row, last],
    PageUp: () => [batch - 1, row, step],
    PageDown: () => [batch + 1, row, step],
  };
  return moves[key]?.() ?? null;
}
