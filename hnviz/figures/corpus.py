"""What a corpus is made of."""

import pandas as pd
import plotly.graph_objects as go

from hnviz.figures.theme import Theme, apply

ROW = 19  # px
KIND_NAMES = {
    "comma": "comma",
    "thousand": "hundred, thousand",
    "hundred": "hundred, thousand",
    "ones": "ones",
    "teens": "teens",
    "tens": "tens",
    "special": "special",
}


def token_counts(table: pd.DataFrame, look: Theme) -> go.Figure:
    """Each token's share of train as a bar in its kind's colour, its share of valid as a dot.

    `table` has the columns token, kind, train and valid (counts), one row a token, in the order
    to draw; tokens that stand in neither text are left out.
    """
    shown = table[(table["train"] > 0) | (table["valid"] > 0)]
    share = {split: shown[split] / max(table[split].sum(), 1) for split in ("train", "valid")}
    fig = go.Figure()
    for name in dict.fromkeys(KIND_NAMES.values()):
        mask = shown["kind"].map(KIND_NAMES) == name
        if mask.any():
            _bars(fig, name, shown[mask], share["train"][mask], look)
    fig.add_scatter(
        name="valid, 8,001 on",
        x=share["valid"],
        y=shown["token"],
        mode="markers",
        marker={"size": 8, "color": look.valid, "line": {"color": look.background, "width": 1}},
        customdata=shown["valid"],
        hovertemplate="%{y}: %{customdata:,} times in valid, %{x:.1%}<extra></extra>",
        cliponaxis=False,
    )
    _finish(fig, shown["token"].tolist(), look)
    return fig


def _finish(fig: go.Figure, tokens: list[str], look: Theme) -> None:
    """Give the chart its size, its axes and its key."""
    apply(
        fig,
        look,
        height=ROW * max(len(tokens), 4) + 82,
        margin={"l": 84, "r": 20, "t": 34, "b": 48},
    )
    fig.update_layout(bargap=0.3, barmode="overlay")
    fig.update_xaxes(
        title_text="share of all tokens", tickformat=".0%", rangemode="tozero", showgrid=True
    )
    fig.update_yaxes(
        range=[len(tokens) - 0.5, -0.5],
        tickvals=tokens,
        ticktext=[", comma" if token == "," else token for token in tokens],
        ticklabelstandoff=6,
        showgrid=False,
        tickfont={"color": look.text, "size": 13},
    )
    fig.add_annotation(
        text="bar: train, 1 to 7,999    dot: valid, 8,001 on",
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=6,
        showarrow=False,
        font={"color": look.muted},
    )


def _bars(fig: go.Figure, name: str, rows: pd.DataFrame, share: pd.Series, look: Theme) -> None:
    color = look.kind[rows["kind"].iloc[0]]
    edge = look.control if name == "comma" else color
    fig.add_bar(
        name=f"train, {name}",
        x=share,
        y=rows["token"],
        orientation="h",
        marker={"color": color, "line": {"color": edge, "width": 1}},
        customdata=rows["train"],
        hovertemplate="%{y}: %{customdata:,} times in train, %{x:.1%}<extra></extra>",
    )
