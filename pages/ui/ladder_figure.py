"""The liquidation ladder as a figure: a lane per pool or leg on one price axis, and below it what has been closed."""

from __future__ import annotations

from html import escape

from pages.ui import style, words
from pages.ui.figures import SMALL, TINY, Figure
from pages.ui.ladder import Ladder, Rung
from pages.ui.liquidation_table import WHOLE
from risk_core.margin.models import MODES

LANE, STEPS, GAP, TOP, FOOT = 32, 150, 34, 34, 74
"""Pixels: of a lane, of the panel of sums, between both, above and below them."""

Lane = tuple[str, Rung | None]


def lanes(told: Ladder) -> list[Lane]:
    """Every lane from top to bottom; a mode that liquidates nothing has one that says so."""
    return [(mode, rung) for mode, rungs in told.rungs.items() for rung in (rungs or (None,))]


def height(told: Ladder) -> int:
    """Pixels the figure needs."""
    return LANE * len(lanes(told)) + STEPS + GAP + TOP + FOOT


def liquidation_ladder(told: Ladder, revision: str) -> Figure:
    """Bars where each pool or leg is liquidated, and the notional closed on the way there, as a step line per mode."""
    rows = lanes(told)
    inner = LANE * len(rows) + STEPS + GAP
    foot = STEPS / inner
    traces = [_steps(told, mode) for mode in told.rungs]
    for at, (mode, rung) in enumerate(rows):
        if rung is not None:
            traces += [_bar(told, mode, rung, -at), _ends(told, mode, rung, -at)]
    layout = {
        "uirevision": revision, "hovermode": "closest", "showlegend": True, "dragmode": "zoom", "font": {"size": SMALL},
        "margin": {"l": 150, "r": 14, "t": TOP, "b": FOOT},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "xanchor": "left", "yanchor": "bottom",
                   "font": {"size": SMALL}},
        "hoverlabel": {"font": {"size": SMALL}, "namelength": -1},
        "xaxis": _axis(told, 9), "yaxis": {"domain": [0, foot], "rangemode": "tozero", "tickformat": "~s", "nticks": 5,
                                           "title": {"text": "closed, USD", "font": {"size": TINY}, "standoff": 6}},
        "yaxis2": _names(rows, foot + GAP / inner, 20),
        "shapes": _lines(told), "annotations": _notes(told, rows, foot),
    }
    return {"data": traces, "layout": layout, "narrow": {
        "margin": {"l": 92, "r": 8, "t": TOP + 22, "b": FOOT}, "xaxis": _axis(told, 4),
        "yaxis2": _names(rows, foot + GAP / inner, 11, sizes=True),
        "annotations": _notes(told, rows, foot, narrow=True),
        "legend": {**layout["legend"], "font": {"size": TINY}}}}


def _axis(told: Ladder, most: int) -> Figure:
    places, texts = told.scale.ticks(*told.span, most)
    return {"range": [told.scale.at(end) for end in told.span], "tickvals": places, "ticktext": texts, "anchor": "y",
            "title": {"text": escape(told.scale.title, quote=False), "standoff": 6, "font": {"size": SMALL}},
            "tickfont": {"size": TINY}, "zeroline": False}


def _names(rows: list[Lane], bottom: float, most: int, *, sizes: bool = False) -> Figure:
    texts = [f"{style.MODES[mode].sign} {_short(_named(mode, rung), most)}"
             + (f"<br>{words.compact(rung.notional)}" if sizes and rung is not None and rung.notional else "")
             for mode, rung in rows]
    return {"domain": [bottom, 1], "range": [0.5 - len(rows), 0.5], "fixedrange": True, "showgrid": False,
            "zeroline": False, "tickvals": [-at for at in range(len(rows))], "ticktext": texts,
            "tickfont": {"size": TINY}}


def _named(mode: str, rung: Rung | None) -> str:
    """A lane's name: what is closed, or the mode where that is the whole account or nothing."""
    return MODES[mode].title if rung is None or rung.name == WHOLE else rung.name


def _short(name: str, most: int) -> str:
    return escape(name if len(name) <= most else name[:most - 1] + "…", quote=False)


def _steps(told: Ladder, mode: str) -> Figure:
    look = style.MODES[mode]
    factors, closed = told.steps(mode)
    return {"type": "scatter", "mode": "lines", "x": [told.scale.at(factor) for factor in factors], "y": closed,
            "name": MODES[mode].title, "hovertemplate": "%{y:,.0f} USD closed",
            "line": {"color": style.colour(look.colour), "dash": look.dash, "width": 2.4, "shape": "hv"}}


def _bar(told: Ladder, mode: str, rung: Rung, y: int) -> Figure:
    xs: list[float | None] = []
    for low, high in rung.spans:
        clipped = max(low, told.span[0]), min(high, told.span[1])
        if clipped[0] < clipped[1]:
            xs += [told.scale.at(clipped[0]), told.scale.at(clipped[1]), None]
    return {"type": "scatter", "mode": "lines", "x": xs or [None], "y": [y] * max(len(xs), 1), "yaxis": "y2",
            "line": {"color": style.colour(style.MODES[mode].colour), "width": 18}, "opacity": 0.30,
            "hoverinfo": "skip", "showlegend": False, "name": f"{MODES[mode].title} lane"}


def _ends(told: Ladder, mode: str, rung: Rung, y: int) -> Figure:
    """The triggers as markers, told in full when pointed at."""
    look, ends = style.MODES[mode], [end for end in (rung.down, rung.up) if end is not None]
    said = [escape(f"{MODES[mode].title}, {rung.name}: {place(told, end)}, {words.money(rung.notional, 'down')} USD",
                   quote=False) for end in ends]
    return {"type": "scatter", "mode": "markers", "x": [told.scale.at(end) for end in ends] or [None],
            "y": [y] * max(len(ends), 1), "yaxis": "y2", "showlegend": False, "text": said or [""],
            "name": f"{MODES[mode].title} triggers", "hovertemplate": "%{text}<extra></extra>",
            "marker": {"symbol": look.marker, "size": 9, "color": style.colour(look.colour),
                       "line": {"color": style.PAPER, "width": 1}}}


def place(told: Ladder, factor: float) -> str:
    """A trigger in words: its price, and the move from where the account stands."""
    move = words.move(factor / told.here - 1.0)
    return move if told.scale.unit is None else f"{words.price(factor * told.scale.unit)} ({move})"


def _lines(told: Ladder) -> list[Figure]:
    lines = [(1.0, style.TEXT, 1)]
    if told.here != 1.0:
        lines.append((told.here, style.colour("what_if"), 2))
    return [{"type": "line", "xref": "x", "yref": "paper", "x0": told.scale.at(at), "x1": told.scale.at(at), "y0": 0,
             "y1": 1, "line": {"color": colour, "width": width}} for at, colour, width in lines]


def _notes(told: Ladder, rows: list[Lane], foot: float, *, narrow: bool = False) -> list[Figure]:
    notes = []
    for at, (mode, rung) in enumerate(rows):
        notes += [_note(f"{MODES[mode].title} liquidates nothing" if narrow else
                        f"{MODES[mode].title} liquidates nothing at any {told.scale.name} price"
                        if told.scale.unit is not None else f"{MODES[mode].title} liquidates nothing at any move",
                        0.02, -at, "left", paper=True)] if rung is None else _labels(told, rung, -at, narrow=narrow)
    notes += [{"text": text, "x": told.scale.at(at), "y": foot, "xref": "x", "yref": "paper", "showarrow": False,
               "xanchor": "left" if right else "right", "xshift": 3 if right else -3, "yanchor": "bottom",
               "font": {"size": TINY}} for text, at, right in _standing(told)]
    return [*notes, {"text": told.footer, "xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right",
                     "yanchor": "top", "yshift": -54, "showarrow": False, "font": {"size": 10, "color": style.MUTED}}]


def _standing(told: Ladder) -> list[tuple[str, float, bool]]:
    lines = [("today", 1.0, told.here < 1.0)]
    return lines if told.here == 1.0 else [*lines, ("what-if", told.here, told.here >= 1.0)]


def _labels(told: Ladder, rung: Rung, y: int, *, narrow: bool) -> list[Figure]:
    """What is written in a lane: size and trigger on either side of where the account stands."""
    size = f"{words.compact(rung.notional)} USD" if rung.notional else "no leg"
    if rung.gone:
        return [_note(f"liquidated now, {size}", 0.02, y, "left", paper=True)]
    return [_label(told, end, size, y, down=down, narrow=narrow)
            for end, down in ((rung.down, True), (rung.up, False)) if end is not None]


def _label(told: Ladder, end: float, size: str, y: int, *, down: bool, narrow: bool) -> Figure:
    """Inside the bar where it is long enough, else on its other side; at the edge when the trigger is out of view."""
    (low, high), room = told.span, 0.25 if narrow else 0.27
    text = words.move(end / told.here - 1.0) if narrow else f"{place(told, end)}, {size}"
    if not low < end < high:
        return _note(f"◂ {text}" if down else f"{text} ▸", 0.01 if down else 0.99, y, "left" if down else "right",
                     paper=True)
    inside = ((end - low) if down else (high - end)) / (high - low)
    right = not down if inside > room else down
    return _note(text, told.scale.at(end), y, "left" if right else "right", xshift=8 if right else -8)


def _note(text: str, x: float, y: float, anchor: str, xshift: int = 0, *, paper: bool = False) -> Figure:
    return {"text": text, "xref": "paper" if paper else "x", "yref": "y2", "x": x, "y": y, "xanchor": anchor,
            "xshift": xshift, "showarrow": False, "font": {"size": TINY}}
