"""What is written on the liquidation map: the nearest point with its arrow, the names of likely moves, the footer."""

from __future__ import annotations

from html import escape

import numpy as np

from pages.ui import style, words
from pages.ui.figures import SMALL, TINY, Figure
from pages.ui.frontier_near import Near
from pages.ui.frontier_picture import MapPicture
from pages.ui.likely_moves import Outline
from pages.ui.plans import DAYS
from risk_core.margin.models import MODES


def notes(told: MapPicture, *, narrow: bool = False) -> list[Figure]:
    """Everything written on the map."""
    first = told.first
    found = [_sigma(told, one) for one in told.outlines]
    if first is not None:
        found.append(_said(first, narrow=narrow))
        if _in_view(told, first):
            found += [_arrow(told, first), _short(told, first)]
    foot = {"text": told.footer, "xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right", "yanchor": "top",
            "yshift": -58, "showarrow": False, "font": {"size": 10, "color": style.MUTED}}
    return [*found, foot]


def _in_view(told: MapPicture, near: Near) -> bool:
    return near.place is not None and all(
        low <= at <= high for at, (low, high) in zip(near.place, told.plan.spans, strict=True))


def _arrow(told: MapPicture, near: Near) -> Figure:
    (x, y), (ax, ay) = told.place(near.place or told.plan.here), told.place(told.plan.here)
    return {"x": x, "y": y, "ax": ax, "ay": ay, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "",
            "showarrow": True, "arrowhead": 2, "arrowwidth": 2, "arrowcolor": style.TEXT, "standoff": 7}


def _said(near: Near, *, narrow: bool) -> Figure:
    """The nearest point in words: above the map."""
    title = MODES[near.mode].title
    text = f"<b>{title}</b>: {escape(near.text.split('. ')[0].rstrip('.'), quote=False)}"
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom",
            "yshift": 4, "showarrow": False, "font": {"size": TINY if narrow else SMALL}}


def _short(told: MapPicture, near: Near) -> Figure:
    """The distance in few words, beyond the arrow's head."""
    at = near.place or told.plan.here
    right, above = at[0] >= told.plan.here[0], at[1] >= told.plan.here[1]
    x, y = told.place(at)
    return {"text": f"<b>{near.short}</b>", "x": x, "y": y, "xref": "x", "yref": "y",
            "xanchor": "left" if right else "right", "yanchor": "bottom" if above else "top",
            "xshift": 8 if right else -8, "yshift": 8 if above else -8, "showarrow": False, "bgcolor": style.PAPER,
            "opacity": 0.9, "borderpad": 2, "font": {"size": SMALL}}


def _sigma(told: MapPicture, one: Outline) -> Figure:
    """The name of an ellipse or band, at its right end."""
    at = int(np.nanargmax(one.x)) if told.plan.kind != DAYS else len(one.x) - 1
    x, y = float(one.x[at]), float(one.y[at])
    low, high = (told.across.at(end) for end in told.plan.spans[0])
    bottom, top = (told.up.at(end) for end in told.plan.spans[1])
    inner = one.sigmas == 1 or x >= high
    return {"text": f"{one.sigmas}{words.SPACE}σ", "x": min(max(x, low), high), "y": min(max(y, bottom), top),
            "xref": "x", "yref": "y", "xanchor": "right" if inner else "left",
            "yanchor": "top" if y >= top else "middle", "xshift": -3 if inner else 3, "showarrow": False,
            "font": {"size": TINY}}


