"""The liquidation map as a figure: colour for the buffer, hatching where it is gone, one boundary per mode."""

from __future__ import annotations

from html import escape

import numpy as np

from pages.ui import style
from pages.ui.figures import SMALL, TINY, Figure, column
from pages.ui.frontier_near import Near
from pages.ui.frontier_notes import notes
from pages.ui.frontier_picture import MapPicture
from pages.ui.hatching import hatch
from pages.ui.likely_moves import Outline
from pages.ui.scales import Scale
from risk_core.arrays import Floats
from risk_core.margin.models import MODES

CLIP = 98.0
"""Percentile of the buffer at which colour stops, on either side of zero alike."""
_FLAT = {"type": "scatter", "hoverinfo": "skip", "showlegend": False}


def frontier_map(told: MapPicture, revision: str) -> Figure:
    """The map of one mode, or of all of them laid over each other."""
    modes = list(told.least)
    order = [mode for mode in modes if mode != told.chosen] + ([told.chosen] if told.chosen else [])
    traces = [_colours(told), _hatching(told), *(_outline(one) for one in told.outlines)]
    traces += [_boundary(told, mode, thick=mode == told.chosen) for mode in order]
    traces += [_key(mode, thick=mode == told.chosen) for mode in modes]
    traces += [_near(told, one) for one in told.near.values() if one.place is not None]
    traces += _standing(told)
    layout = {
        "uirevision": revision, "hovermode": "closest", "showlegend": True, "dragmode": "zoom",
        "margin": {"l": 88, "r": 8, "t": 62, "b": 70}, "font": {"size": SMALL},
        "legend": {"orientation": "h", "x": 0, "y": 1.045, "xanchor": "left", "yanchor": "bottom",
                   "font": {"size": SMALL}},
        "hoverlabel": {"font": {"size": SMALL}, "namelength": -1}, "annotations": notes(told),
        "xaxis": _axis(told.across, told.plan.spans[0], 8), "yaxis": _axis(told.up, told.plan.spans[1], 9),
        "coloraxis": _scale(told),
    }
    return {"data": traces, "layout": layout, "narrow": _narrow(told, layout)}


def limit(told: MapPicture) -> float:
    """Buffer in dollars at which the colour of the chosen mode stops."""
    values = told.least[told.chosen or next(iter(told.least))]
    finite = np.abs(values[np.isfinite(values)])
    return max(float(np.percentile(finite, CLIP)), 1.0) if len(finite) else 1.0


def finite(values: Floats) -> Floats:
    """Buffers with a large number in place of infinity, where nothing is held that could be liquidated."""
    known = np.abs(values[np.isfinite(values)])
    return np.where(np.isfinite(values), values, float(known.max(initial=1.0)))


def _narrow(told: MapPicture, layout: Figure) -> Figure:
    return {
        "margin": {"l": 62, "r": 12, "t": 40, "b": 200}, "annotations": notes(told, narrow=True),
        "xaxis": _axis(told.across, told.plan.spans[0], 4), "yaxis": _axis(told.up, told.plan.spans[1], 6),
        "legend": {**layout["legend"], "y": -0.24, "yanchor": "top", "font": {"size": TINY}},
        "coloraxis": _scale(told, narrow=True),
    }


def _axis(scale: Scale, span: tuple[float, float], most: int) -> Figure:
    places, texts = scale.ticks(*span, most)
    below = 0.02 * (span[1] - span[0]) if scale.sort == "days" else 0.0
    return {"range": [scale.at(span[0] - below), scale.at(span[1])], "tickvals": places, "ticktext": texts,
            "title": {"text": escape(scale.title, quote=False), "standoff": 6, "font": {"size": SMALL}},
            "zeroline": False, "tickfont": {"size": TINY}, "showgrid": False, "constrain": "domain"}


def _scale(told: MapPicture, *, narrow: bool = False) -> Figure:
    """Colours: red and away from it around zero; with all modes, the darker the more of them are liquidated."""
    bar: Figure = {"thickness": 12, "outlinewidth": 0, "tickfont": {"size": TINY}, "len": 0.9}
    if told.chosen is None:
        count = len(told.least)
        colours = [[0.0, style.PAPER], [1.0, f"{style.MUTED}~60"]]
        what = {"cmin": 0, "cmax": count, "colorscale": colours}
        bar |= {"tickvals": list(range(count + 1)), "title": {"text": "modes<br>liquidated", "font": {"size": TINY}}}
    else:
        top = limit(told)
        gone, alive = style.colour("liquidated"), style.colour(style.MODES[told.chosen].colour)
        colours = [[0.0, f"{gone}~75"], [0.5, style.PAPER], [1.0, f"{alive}~60"]]
        what = {"cmin": -top, "cmax": top, "colorscale": colours}
        bar |= {"tickformat": "~s", "nticks": 7, "title": {"text": "buffer,<br>USD", "font": {"size": TINY}}}
    if narrow:
        bar |= {"orientation": "h", "x": 0.5, "y": -0.44, "yanchor": "top", "len": 1.0, "thickness": 9, "nticks": 5,
                "title": {**bar["title"], "text": bar["title"]["text"].replace("<br>", " "), "side": "top"}}
    return {**what, "colorbar": bar}


def _colours(told: MapPicture) -> Figure:
    if told.chosen is None:
        values = np.sum([least < 0 for least in told.least.values()], axis=0).astype(np.float64)
        said = "%{z:.0f} of " + f"{len(told.least)} modes liquidated"
    else:
        values = finite(told.least[told.chosen])
        said = "least buffer %{z:,.0f} USD"
    x, y = (_hovered(scale, letter) for scale, letter in ((told.across, "x"), (told.up, "y")))
    return {"type": "heatmap", "x": column(told.x), "y": column(told.y), "z": _grid(values), "coloraxis": "coloraxis",
            "name": "buffer", "showlegend": False, "hovertemplate": f"{x}<br>{y}<br>{said}<extra></extra>"}


def _hovered(scale: Scale, letter: str) -> str:
    name = escape(scale.name, quote=False)
    if scale.sort == "days":
        return f"day %{{{letter}:.0f}}"
    if scale.sort == "volatility":
        return f"volatility %{{{letter}:+.0f}} %"
    return f"{name} %{{{letter}:,.5~r}} USD" if scale.unit is not None else f"{name} %{{{letter}:+.1f}} %"


def _grid(values: Floats) -> Figure:
    return {**column(values), "shape": f"{values.shape[0]}, {values.shape[1]}"}


def _hatching(told: MapPicture) -> Figure:
    """Diagonal lines over the liquidated area of the chosen mode; over what is liquidated in every mode with all."""
    most = np.max([finite(one) for one in told.least.values()], axis=0)
    x, y = hatch(told.x, told.y, most if told.chosen is None else finite(told.least[told.chosen]))
    return {**_FLAT, "mode": "lines", "x": column(x), "y": column(y), "name": "hatching", "opacity": 0.55,
            "line": {"color": style.colour("liquidated"), "width": 1}}


def _boundary(told: MapPicture, mode: str, *, thick: bool) -> Figure:
    """The zero contour of one mode."""
    look = style.MODES[mode]
    return {"type": "contour", "x": column(told.x), "y": column(told.y), "z": _grid(finite(told.least[mode])),
            "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"}, "autocontour": False,
            "line": {"color": style.colour(look.colour), "dash": look.dash, "width": 4.5 if thick else 2.2,
                     "smoothing": 0},
            "showscale": False, "showlegend": False, "hoverinfo": "skip", "name": f"{MODES[mode].title} boundary",
            "legendgroup": mode}


def _key(mode: str, *, thick: bool) -> Figure:
    """The legend entry of a boundary, which hides all of its mode."""
    look = style.MODES[mode]
    return {"type": "scatter", "mode": "lines", "x": [None], "y": [None], "name": MODES[mode].title,
            "legendgroup": mode,
            "line": {"color": style.colour(look.colour), "dash": look.dash, "width": 4.5 if thick else 2.2}}


def _outline(one: Outline) -> Figure:
    return {**_FLAT, "mode": "lines", "x": column(one.x), "y": column(one.y), "name": f"{one.sigmas} σ",
            "line": {"color": style.TEXT, "width": 1.4 if one.sigmas == 1 else 1.0, "dash": "dot"}}


def _near(told: MapPicture, one: Near) -> Figure:
    look, (x, y) = style.MODES[one.mode], told.place(one.place or told.plan.here)
    return {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "showlegend": False,
            "name": f"{MODES[one.mode].title}, nearest", "text": [escape(one.text, quote=False)],
            "legendgroup": one.mode,
            "marker": {"symbol": look.marker, "size": 12, "color": style.colour(look.colour),
                       "line": {"color": style.PAPER, "width": 1.5}},
            "hovertemplate": f"<b>{MODES[one.mode].title}</b>: %{{text}}<extra></extra>"}


def _standing(told: MapPicture) -> list[Figure]:
    """Today's point, and the what-if's where it is another."""
    points = [("today", told.plan.now, "circle-open", style.TEXT)]
    if told.plan.here != told.plan.now:
        points.append(("what-if", told.plan.here, "star", style.colour("what_if")))
    return [{"type": "scatter", "mode": "markers", "x": [place[0]], "y": [place[1]], "name": name,
             "hovertemplate": f"{name}<extra></extra>",
             "marker": {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2.5, "color": colour}}}
            for name, at, symbol, colour in points for place in [told.place(at)]]
