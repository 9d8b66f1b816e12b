"""Figures of the methods page: bars of margin under each rulebook, the waterfall to click on, and the risk matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from pages.ui import figures, style, words
from pages.ui.figures import SMALL, TINY, Figure, column
from pages.ui.methods_matrix import Matrix, state_name
from risk_core.margin.explain import Step
from risk_core.margin.rulebook_table import Asked

BAR, ROOM = 52, 96
"""Pixels for each rulebook, and for the axis and legend of the bars."""
_FRAME: Figure = {"hovermode": "closest", "dragmode": False, "font": {"size": SMALL}}


def bars_height(count: int) -> int:
    """Pixels that the bars of so many rulebooks need."""
    return ROOM + BAR * count


def bars(asked: Sequence[Asked], revision: str) -> Figure:
    """Initial and maintenance margin under each rulebook, in the order given."""
    places = list(range(len(asked)))
    sides = (("Initial margin", "initial", style.colour("portfolio")),
             ("Maintenance margin", "maintenance", style.MUTED))
    traces = [{"type": "bar", "orientation": "h", "name": name, "y": places, "marker": {"color": colour},
               "x": [getattr(one, side) for one in asked], "customdata": [words.money(getattr(one, side), "up")
                                                                         for one in asked],
               "hovertemplate": f"%{{customdata}} USD<extra>{name}</extra>"} for name, side, colour in sides]
    most = max((one.initial for one in asked), default=0.0)
    notes = [{"text": words.compact(one.initial), "xref": "x", "yref": "y", "x": max(one.initial, one.maintenance),
              "y": place, "xanchor": "left", "xshift": 5, "showarrow": False, "font": {"size": TINY}}
             for place, one in zip(places, asked, strict=True)]
    layout = {
        **_FRAME, "uirevision": revision, "barmode": "group", "bargap": 0.28, "annotations": notes,
        "margin": {"l": 214, "r": 60, "t": 34, "b": 44}, "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom",
                   "traceorder": "normal", "font": {"size": SMALL}},
        "xaxis": {"title": {"text": "USD", "font": {"size": TINY}}, "tickformat": "~s" if most >= 1_000 else ",.2~f",
                  "fixedrange": True, "zerolinecolor": style.MUTED, "rangemode": "tozero"},
        "yaxis": {"tickvals": places, "ticktext": [_wrapped(one.rulebook.title, 30) for one in asked],
                  "autorange": "reversed", "fixedrange": True, "showgrid": False},
    }
    narrow = {"margin": {"l": 132, "r": 50, "t": 34, "b": 44},
              "yaxis": {**layout["yaxis"], "ticktext": [_wrapped(one.rulebook.title, 19) for one in asked],
                        "tickfont": {"size": TINY}}}
    return {"data": traces, "layout": layout, "narrow": narrow}


def _wrapped(text: str, width: int) -> str:
    """A title on lines of so many letters, two at most."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    shown = lines[:2] if len(lines) <= 2 else [lines[0], lines[1] + " …"]
    cut = (line if len(line) <= width else f"{line[:width]}…" for line in shown)
    return "<br>".join(escape(line, quote=False) for line in cut)


def waterfall(steps: Sequence[Step], chosen: int) -> Figure:
    """The waterfall with steps by number, so that a click says which; the chosen one in bold."""
    figure = figures.waterfall(steps, "portfolio")
    layout, trace = figure["layout"], figure["data"][0]
    names = [f"<b>{name}</b>" if i == chosen else name for i, name in enumerate(trace["y"])]
    places = list(range(len(steps)))
    trace |= {"y": places, "text": [escape(step.name, quote=False) for step in steps], "textposition": "none",
              "hovertemplate": "%{text}: %{customdata} USD<extra></extra>"}
    layout["yaxis"] |= {"tickvals": places, "ticktext": names, "range": [len(steps) - 0.5, -0.5], "autorange": False}
    layout["annotations"] = [{**note, "y": i} for i, note in enumerate(layout["annotations"])]
    return figure


def heatmap(told: Matrix, revision: str) -> Figure:
    """Profit and loss of each scenario; the one that sets the figure outlined."""
    values = told.profit
    ys, xs = range(len(told.states)), range(len(told.moves))
    top = float(np.nanmax(np.abs(values), initial=1e-9))
    scale = [[0.0, f"{style.colour('loss')}~75"], [0.5, style.PAPER], [1.0, f"{style.colour('profit')}~60"]]
    trace = {
        "type": "heatmap", "x": list(xs), "y": list(ys), "z": {**column(values), "shape": f"{len(ys)}, {len(xs)}"},
        "zmin": -top, "zmax": top, "colorscale": scale, "showscale": False, "xgap": 1, "ygap": 1,
        "text": [[_cell(told, y, x) for x in xs] for y in ys], "hovertemplate": "%{text}<extra></extra>",
    }
    layout = {
        **_FRAME, "uirevision": revision, "margin": {"l": 122, "r": 10, "t": 10, "b": 46}, "showlegend": False,
        "shapes": _outline(told), "annotations": _numbers(told, 0),
        "xaxis": _moves(told, 17),
        "yaxis": {"tickvals": list(ys), "ticktext": [state_name(state) for state in told.states],
                  "autorange": "reversed", "fixedrange": True, "showgrid": False, "zeroline": False,
                  "tickfont": {"size": TINY}},
    }
    narrow = {"margin": {"l": 62, "r": 4, "t": 8, "b": 46}, "annotations": _numbers(told, -90),
              "xaxis": _moves(told, 5),
              "yaxis": {**layout["yaxis"], "ticktext": [state_name(s).replace(" ", "<br>") for s in told.states]}}
    return {"data": [trace], "layout": layout, "narrow": narrow}


def _moves(told: Matrix, most: int) -> Figure:
    """The axis of price moves, with so many named at most."""
    every = math.ceil(len(told.moves) / most)
    named = [x for x in range(len(told.moves)) if (x - len(told.moves) // 2) % every == 0]
    name = escape(told.scenarios.underlying or "every", quote=False)
    return {"tickvals": named, "ticktext": [_percent(float(told.moves[x])) for x in named], "fixedrange": True,
            "showgrid": False, "zeroline": False, "title": {"text": f"{name} price", "font": {"size": TINY}},
            "tickfont": {"size": TINY}}


def _cell(told: Matrix, y: int, x: int) -> str:
    row = int(told.row[y, x])
    if row < 0:
        return "no scenario"
    said = escape(told.scenarios.words[row], quote=False)
    return f"{said}: {words.money(float(told.scenarios.profit[row]), plus=True)} USD"


def _percent(move: float) -> str:
    sign = "+" if move > 0 else words.MINUS if move < 0 else ""
    return f"{sign}{abs(move) * 100:.3g}{words.SPACE}%"


def _numbers(told: Matrix, angle: int) -> list[Figure]:
    """The amount in each cell, where there is room for it."""
    if len(told.moves) > 17:
        return []
    values = told.profit
    return [{"text": words.compact(float(values[y, x])), "x": x, "y": y, "xref": "x", "yref": "y", "showarrow": False,
             "textangle": angle, "font": {"size": TINY if angle == 0 else 10}}
            for y in range(len(told.states)) for x in range(len(told.moves)) if math.isfinite(values[y, x])]


def _outline(told: Matrix) -> list[Figure]:
    if told.worst is None:
        return []
    y, x = told.worst
    return [{"type": "rect", "xref": "x", "yref": "y", "x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5,
             "line": {"color": style.TEXT, "width": 3}}]
