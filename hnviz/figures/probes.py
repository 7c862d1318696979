"""What a probe reads from the whole state: a line per label, from untrained to trained.

HTML, with the same classes of the app's style sheet as the ladder of models.
"""

from collections.abc import Mapping, Sequence
from html import escape

from hnviz.data.places import LABELS
from hnviz.figures.code_text import Erased, Probes
from hnviz.figures.numbers import accuracy, percent
from hnviz.figures.theme import Theme

NO_BREAK = "\N{NO-BREAK SPACE}"
TICKS = (0, 0.25, 0.5, 0.75, 1)


def probe_lines(probes: Probes, twin: Probes | None, alt: str, look: Theme) -> str:
    """Draw shares right on held-out numbers: a dot, a ring for the twin, a bar for chance."""
    rows = "".join(
        _row(
            name,
            probes[name]["right"],
            twin[name]["right"] if twin else None,
            [probes[name]["chance"]],
        )
        for name in LABELS
    )
    key = ("this snapshot", "untrained" if twin else "", "shuffled labels")
    return _ladder(rows, key, "share right on held-out numbers", alt, look)


def erased_lines(found: Erased, n: int, alt: str, look: Theme) -> str:
    """Draw the share of prompts that keep a digit: a dot; a ring and two bars for random ones."""
    rows = "".join(
        _row(name, each["kept"] / n, each["random"] / n, [each["least"] / n, each["most"] / n])
        for name, each in found.items()
    )
    key = ("what the probe reads erased", "at random, the mean", "at random, least and most")
    return _ladder(rows, key, "share of prompts that keep the digit", alt, look)


def _ladder(rows: str, key: tuple[str, str, str], scale: str, alt: str, look: Theme) -> str:
    style = (
        f"--hn-text:{look.text};--hn-muted:{look.muted};--hn-border:{look.border};"
        f"--hn-control:{look.control};--hn-paper:{look.background}"
    )
    # At the right end there is no room for a word: without a space, the last one is one line.
    ticks = "".join(
        f'<i style="left:{tick:.0%}">{percent(tick).replace(" ", NO_BREAK)}</i>' for tick in TICKS
    )
    head = f"<div class='hn-probe hn-ends'><span></span><span class='hn-track'>{ticks}</span></div>"
    marks = "".join(
        f'<span><i class="hn-{mark}"></i>{said}</span>'
        for mark, said in zip(("dot", "ring", "bar"), key, strict=True)
        if said
    )
    told = f'<p class="hn-key">{marks}<span style="color:{look.muted}">{scale}</span></p>'
    named = f'role="img" aria-label="{escape(alt)}"'
    return f'<div class="hn-ladder" {named} style="{style}">{head}{rows}{told}</div>'


def _row(name: str, right: float, twin: float | None, bars: Sequence[float]) -> str:
    marks = "".join(f'<u style="left:{tick:.0%}"></u>' for tick in TICKS)
    marks += "".join(f'<i class="hn-bar" style="left:{each:.2%}"></i>' for each in bars)
    said = f"<b>{accuracy(right)}</b>"
    if twin is not None:
        low, high = sorted((right, twin))
        marks += f'<em style="left:{low:.2%};width:{high - low:.2%}"></em>'
        marks += f'<i class="hn-ring" style="left:{twin:.2%}"></i>'
        said += f" {accuracy(twin)}"
    marks += f'<i class="hn-dot" style="left:{right:.2%}"></i>'
    return (
        f'<div class="hn-probe"><span>{_named(name)}</span><span class="hn-track">{marks}</span>'
        f"<span>{said}</span></div>"
    )


def _named(label: str) -> str:
    return "position" if label == "slot" else label


def probe_table(models: Mapping[str, tuple[Probes, Probes]], look: Theme) -> str:
    """Tabulate trained beside untrained for several models, a column per label."""
    head = "".join(f"<th>{name}</th>" for name in ("model", *map(_named, LABELS)))
    rows = "".join(
        f"<tr><td><b>{escape(model)}</b></td>"
        + "".join(
            f"<td><b>{accuracy(probes[name]['right'])}</b> "
            f'<span style="color:{look.muted}">{accuracy(twin[name]["right"])}</span></td>'
            for name in LABELS
        )
        + "</tr>"
        for model, (probes, twin) in models.items()
    )
    style = f"--hn-border:{look.border};--hn-muted:{look.muted}"
    return (
        f'<table class="hn-table hn-numbers" style="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def table_sentence(
    models: Mapping[str, tuple[Probes, Probes]], where: str, label: str = "thousands"
) -> str:
    """Say from which models a digit is easiest and hardest to read, trained and untrained.

    `where` says where it is read, in a few words: "before its word".
    """
    right = {model: probes[label]["right"] for model, (probes, _) in models.items()}
    best, worst = max(right, key=right.__getitem__), min(right, key=right.__getitem__)
    shares: Sequence[str] = [
        f"{name}, **{accuracy(right[name])}** "
        f"(untrained {accuracy(models[name][1][label]['right'])})"
        for name in (best, worst)
    ]
    return (
        f"{where[0].upper()}{where[1:]}, the {label} digit is easiest to read from {shares[0]}, "
        f"and hardest from {shares[1]}."
    )
