"""Draws the rooms of hnviz in layers: a room is above all that it imports."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from statistics import fmean

from rooms import Room, arrows, reached

WIDE, HIGH = 104, 34  # px, of a room
GAP = 24  # px, between two rooms of a layer
STEP = 76  # px, from layer to layer
THREAD = 10  # px, for an arrow that passes a layer
SWEEPS = 30

Way = list[str]  # a room, a place in each layer that the arrow passes, and a room


def drawing(graph: Mapping[str, Room]) -> str:
    """Return the diagram as SVG; the style sheet of the site colours it."""
    shown = arrows(graph)
    level = levels(graph, shown)
    ways = [
        [
            name,
            *(f"{name} {target} {at}" for at in range(level[name] - 1, level[target], -1)),
            target,
        ]
        for name in shown
        for target in sorted(shown[name])
        if level[name] > level[target]
    ]
    layers = _layers(level, ways)
    across = _placed(layers, ways)
    down = {name: HIGH / 2 + 2 + at * STEP for at, layer in enumerate(layers) for name in layer}
    sides = [(one, other) for one in shown for other in shown[one] if level[one] == level[other]]
    lines = [_line(way, across, down) for way in ways]
    lines += [_side(pair, across, down) for pair in sides if across[pair[0]] < across[pair[1]]]
    boxes = [_box(graph[name], across[name], down[name]) for name in graph]
    width, height = max(across.values()) + WIDE / 2 + 2, max(down.values()) + HIGH / 2 + 2
    return (
        f'<svg class="rooms" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="Each '
        'arrow leads from a room to one that it imports; the table below lists them." '
        f'style="max-width: {width:.0f}px"><defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" '
        'refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0.5L8 4L0 7.5Z"/></marker></defs>{"".join(lines)}{"".join(boxes)}</svg>'
    )


def levels(graph: Mapping[str, Room], shown: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how high each room is: above what it imports, and close below what imports it."""
    below = {name: reached(graph, name) for name in graph}
    group = {name: {name} | {one for one in below[name] if name in below[one]} for name in graph}
    order = sorted(graph, key=lambda name: (len(below[name] | {name}), name))
    height: dict[str, int] = {}
    for name in order:
        under = set().union(*(shown[one] for one in group[name])) - group[name]
        height[name] = 1 + max((height[one] for one in under), default=-1)
    for name in reversed(order):
        over = {one for one in graph if shown[one] & group[name]} - group[name]
        if over:
            height[name] = min(height[one] for one in over) - 1
    return height


def _layers(level: Mapping[str, int], ways: Sequence[Way]) -> list[list[str]]:
    """List the rooms and the places of passing arrows, layer by layer from the top."""
    top = max(level.values())
    layers: list[list[str]] = [[] for _ in range(top + 1)]
    for name in sorted(level):
        layers[top - level[name]].append(name)
    for way in ways:
        for at, place in enumerate(way[1:-1], 1):
            layers[top - level[way[0]] + at].append(place)
    return layers


def _placed(layers: list[list[str]], ways: Sequence[Way]) -> dict[str, float]:
    """Return the middle of each place: near its neighbours, in an order with few crossings."""
    near: dict[str, list[str]] = {name: [] for layer in layers for name in layer}
    for way in ways:
        for one, other in pairwise(way):
            near[one].append(other)
            near[other].append(one)
    across = {name: float(at * WIDE) for layer in layers for at, name in enumerate(layer)}
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 else layers[::-1]:
            wanted = {name: fmean([across[one] for one in near[name]] or [0]) for name in layer}
            if sweep < SWEEPS // 2:
                layer.sort(key=lambda name: (wanted[name], name))
            across.update(_apart(layer, [wanted[name] for name in layer]))
    left = min(across[name] for name in across) - WIDE / 2 - 2
    return {name: place - left for name, place in across.items()}


def _apart(layer: Sequence[str], wanted: Sequence[float]) -> dict[str, float]:
    """Place a layer as near to what is wanted as the room between its members allows."""
    sizes = [THREAD if " " in name else WIDE for name in layer]
    starts = [0.0]
    for one, other in pairwise(sizes):
        starts.append(starts[-1] + (one + other) / 2 + GAP)
    blocks: list[list[float]] = []  # of members that touch: the start that each would like
    for each, start in zip(wanted, starts, strict=True):
        blocks.append([each - start])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    first = [fmean(block) for block in blocks for _ in block]
    return {name: at + start for name, at, start in zip(layer, first, starts, strict=True)}


def _line(way: Way, across: Mapping[str, float], down: Mapping[str, float]) -> str:
    points = [(across[name], down[name]) for name in way]
    points[0] = (points[0][0], points[0][1] + HIGH / 2)
    points[-1] = (points[-1][0], points[-1][1] - HIGH / 2)
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        path += f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
    return f'<path class="arrow" marker-end="url(#tip)" d="{path}"/>'


def _side(pair: Iterable[str], across: Mapping[str, float], down: Mapping[str, float]) -> str:
    """Draw the arrow between two rooms of a layer, which import each other."""
    left, right = pair
    start, end = across[left] + WIDE / 2, across[right] - WIDE / 2
    ends = 'marker-start="url(#tip)" marker-end="url(#tip)"'
    return f'<path class="arrow" {ends} d="M{start:.0f} {down[left]:.0f}H{end:.0f}"/>'


def _box(room: Room, x: float, y: float) -> str:
    kind = "room torch" if room.torch else "room"
    corner = f'x="{x - WIDE / 2:.0f}" y="{y - HIGH / 2:.0f}" width="{WIDE}" height="{HIGH}" rx="6"'
    name = f'<text x="{x:.0f}" y="{y:.0f}">{escape(room.name)}</text>'
    return f'<g class="{kind}"><title>{escape(room.says)}</title><rect {corner}/>{name}</g>'
