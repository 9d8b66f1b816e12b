"""Results in, plotly figures out. Nothing is computed here.

A figure is a plain dict in plotly's own format, so that nothing is validated at each rerun (the tests do). Colours are
marks of `style`, which the chart replaces with the present theme's. `narrow` holds what differs on a narrow screen.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from pages.ui import style, words
from pages.ui.labels import Tag
from pages.ui.picture import Picture, Trace
from risk_core.arrays import Floats
from risk_core.margin.explain import Step
from risk_core.margin.models import MODES

Figure = dict[str, Any]
LANES = 0.075
"""Height of one mode's lane as a share of the figure."""
GAP = 0.11
SMALL, TINY = 12, 11


def column(values: Floats) -> dict[str, str]:
    """Numbers as plotly takes them in binary: single precision is more than a screen shows."""
    return {"dtype": "f4", "bdata": base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode("ascii")}


def margin_curves(told: Picture, revision: str) -> Figure:
    """Equity and each mode's maintenance margin against the price, a lane per mode below them."""
    modes = list(told.dead)
    lanes = LANES * len(modes)
    traces = [_line(told, trace, style.TEXT, "solid" if i == 0 else "longdash", 3.0)
              for i, trace in enumerate(told.equity)]
    for trace in sorted(told.maintenance, key=lambda one: style.MODES[one.modes[0]].dash != "solid"):
        look = style.MODES[trace.modes[0]]
        traces.append(_line(told, trace, style.colour(look.colour), look.dash, 2.0, f"{trace.name} MM"))
    traces += [_marks(told, mode) for mode in modes if any(p.level.mode == mode for p in told.points)]
    traces += [_lane(told, mode, len(modes) - 1 - i) for i, mode in enumerate(modes)]
    layout = {
        **_frame(revision), "margin": {"l": 74, "r": 14, "t": 74, "b": 62},
        "xaxis": _price_axis(told),
        "yaxis": {"domain": [lanes + GAP, 1], "range": list(told.height), "tickformat": _ticks(told.height[1]),
                  "title": {"text": "USD", "standoff": 4, "font": {"size": TINY}},
                  "zerolinecolor": style.MUTED, "zerolinewidth": 1},
        "yaxis2": {"domain": [0, lanes], "range": [-0.5, len(modes) - 0.5], "fixedrange": True, "showgrid": False,
                   "zeroline": False, "tickvals": list(range(len(modes)))[::-1],
                   "ticktext": [MODES[mode].title for mode in modes], "tickfont": {"size": TINY}},
        "shapes": _shapes(told, lanes),
        "annotations": _annotations(told, told.tags, modes, 0.15, -46),
    }
    return {"data": traces, "layout": layout, "narrow": {
        "annotations": _annotations(told, told.narrow_tags, modes, 0.34, -46),
        "legend": {**layout["legend"], "font": {"size": TINY}},
        "margin": {"l": 62, "r": 6, "t": 92, "b": 64}}}


def _ticks(most: float) -> str:
    """Format of dollars on an axis that reaches so far: 12k, and never thousandths."""
    return "~s" if most >= 1_000 else ",.2~f"


def _frame(revision: str) -> Figure:
    return {
        "uirevision": revision, "hovermode": "x unified", "showlegend": True, "dragmode": "zoom",
        "margin": {"l": 74, "r": 14, "t": 74, "b": 48}, "font": {"size": SMALL},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom",
                   "font": {"size": SMALL}, "itemwidth": 30},
        "hoverlabel": {"font": {"size": SMALL}, "namelength": -1},
    }


def _price_axis(told: Picture) -> Figure:
    dollars = told.axis.unit is not None
    name = escape(told.axis.name, quote=False)
    title = f"{name}, USD" if dollars else f"{name}, move in %"
    return {"range": list(told.view), "title": {"text": title, "standoff": 6, "font": {"size": SMALL}}, "anchor": "y2",
            "tickformat": ",~r" if dollars else "~r", "ticksuffix": "" if dollars else " %", "nticks": 9,
            "hoverformat": ",.5~r" if dollars else "+.1f", "showspikes": True, "spikemode": "across",
            "spikethickness": 1, "spikedash": "dot", "spikecolor": style.MUTED, "zeroline": False}


def _line(told: Picture, trace: Trace, colour: str, dash: str, width: float, name: str = "") -> Figure:
    return {"type": "scatter", "mode": "lines", "x": column(told.x), "y": column(trace.values),
            "name": name or trace.name, "line": {"color": colour, "dash": dash, "width": width},
            "hovertemplate": "%{y:,.0f} USD"}


def _marks(told: Picture, mode: str) -> Figure:
    look, points = style.MODES[mode], [point for point in told.points if point.level.mode == mode]
    return {"type": "scatter", "mode": "markers", "x": [p.x for p in points], "y": [p.y for p in points],
            "name": f"{MODES[mode].title} liquidation", "showlegend": False, "text": [p.text for p in points],
            "marker": {"symbol": look.marker, "size": 11, "color": style.colour(look.colour),
                       "line": {"color": style.PAPER, "width": 1.5}},
            "hovertemplate": "<b>%{text}</b>"}


def _lane(told: Picture, mode: str, row: int) -> Figure:
    """Where the mode is liquidated, as thick bars in its lane."""
    xs: list[float | None] = []
    for low, high in told.dead[mode]:
        xs += [low, high, None]
    colour = style.colour(style.MODES[mode].colour)
    return {"type": "scatter", "mode": "lines", "x": xs or [None], "y": [row] * max(len(xs), 1), "yaxis": "y2",
            "line": {"color": colour, "width": 16}, "opacity": 0.30, "hoverinfo": "skip", "showlegend": False,
            "name": f"{MODES[mode].title} lane"}


def _shapes(told: Picture, lanes: float) -> list[Figure]:
    bottom = lanes + GAP
    strip = (lanes + 0.12 * GAP, lanes + 0.36 * GAP)
    bands = [_rect(low, high, strip, style.MUTED, 0.35) for low, high in told.bands]
    shades = [_rect(shade.low, shade.high, (bottom, 1), style.MUTED, 0.11) for shade in told.shades]
    drops = [_upright(point.x, (0, bottom), style.colour(style.MODES[point.level.mode].colour), "dot", 1)
             for point in told.points]
    lines = [_upright(told.now, (0, 1), style.TEXT, "solid", 1)]
    if told.here != told.now:
        lines.append(_upright(told.here, (0, 1), style.colour("what_if"), "solid", 2))
    return [*bands, *shades, *drops, *lines]


def _rect(low: float, high: float, ys: tuple[float, float], colour: str, opacity: float) -> Figure:
    return {"type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": high, "y0": ys[0], "y1": ys[1],
            "fillcolor": colour, "opacity": opacity, "line": {"width": 0}, "layer": "below"}


def _upright(x: float, ys: tuple[float, float], colour: str, dash: str, width: float) -> Figure:
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": ys[0], "y1": ys[1],
            "line": {"color": colour, "dash": dash, "width": width}, "layer": "below"}


def _annotations(told: Picture, tags: Sequence[Tag], modes: Sequence[str], least: float,
                 foot: int) -> list[Figure]:
    notes = [_note(tag.text, tag.x, len(modes) - 1 - modes.index(tag.mode), "y2", "left" if tag.right else "right",
                   xshift=5 if tag.right else -5)
             | ({"bgcolor": style.PAPER} if tag.clear else {}) for tag in tags]
    width = told.view[1] - told.view[0]
    for shade in told.shades:
        room = (shade.high - shade.low) / width
        if room < least:
            continue
        text = shade.text.replace(" survive", "<br>survive") if room < 2 * least else shade.text
        notes.append({**_note(text, 0.5 * (shade.low + shade.high), told.height[1], "y", "center"), "yanchor": "top",
                      "yshift": -2, "font": {"size": TINY, "color": style.MUTED}})
    notes += _standing(told, LANES * len(modes) + GAP)
    notes.append({"text": told.footer, "xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right",
                  "yanchor": "top", "yshift": foot, "showarrow": False, "font": {"size": 10, "color": style.MUTED}})
    return notes


def _standing(told: Picture, y: float) -> list[Figure]:
    """Names of the lines of the present price and of the what-if, each on its own side."""
    lines = [("now", told.now, told.here < told.now)]
    if told.here != told.now:
        lines.append(("what-if", told.here, told.here >= told.now))
    return [{"text": text, "xref": "x", "yref": "paper", "x": x, "y": y, "yanchor": "top", "showarrow": False,
             "xanchor": "left" if right else "right", "xshift": 3 if right else -3, "font": {"size": TINY}}
            for text, x, right in lines]


def _note(text: str, x: float, y: float, axis: str, anchor: str, xshift: int = 0) -> Figure:
    return {"text": text, "xref": "x", "yref": axis, "x": x, "y": y, "xanchor": anchor, "xshift": xshift,
            "showarrow": False, "align": anchor, "font": {"size": TINY}}


def waterfall(steps: Sequence[Step], mode: str) -> Figure:
    """From the legs alone to the initial margin: totals in the mode's colour, what is added and taken off in grey."""
    colour = style.colour(style.MODES[mode].colour)
    names = [_wrapped(step.name) for step in steps]
    texts = [words.money(step.amount, "up" if step.is_total else "half", plus=not step.is_total) for step in steps]
    notes = [{"text": f"<b>{text}</b>" if step.is_total else text, "xref": "paper", "x": 1, "xanchor": "left",
              "xshift": 8, "yref": "y", "y": name, "showarrow": False, "font": {"size": SMALL}}
             for step, name, text in zip(steps, names, texts, strict=True)]
    trace = {
        "type": "waterfall", "orientation": "h", "y": names, "x": [step.amount for step in steps],
        "measure": ["absolute" if step.is_total else "relative" for step in steps], "customdata": texts,
        "totals": {"marker": {"color": colour}}, "increasing": {"marker": {"color": "@up"}},
        "decreasing": {"marker": {"color": "@down"}}, "connector": {"line": {"color": style.GRID, "width": 1}},
        "hovertemplate": "%{y}: %{customdata} USD<extra></extra>",
    }
    layout = {**_frame(mode), "showlegend": False, "hovermode": "closest", "dragmode": False,
              "margin": {"l": 150, "r": 104, "t": 8, "b": 40}, "annotations": notes,
              "xaxis": {"tickformat": _ticks(max(abs(step.amount) for step in steps)),
                        "title": {"text": "USD", "font": {"size": TINY}}, "fixedrange": True,
                        "zerolinecolor": style.MUTED},
              "yaxis": {"autorange": "reversed", "fixedrange": True, "showgrid": False}}
    return {"data": [trace], "layout": layout, "narrow": {"margin": {"l": 112, "r": 92, "t": 8, "b": 40}}}


def _wrapped(name: str) -> str:
    """A step's name on two lines where it is long."""
    if len(name) < 18:
        return name
    parts = name.split(" ")
    half = (len(parts) + 1) // 2
    return " ".join(parts[:half]) + "<br>" + " ".join(parts[half:])
