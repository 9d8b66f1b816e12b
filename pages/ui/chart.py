"""The one chart of the app: a figure drawn by plotly in the page, which keeps its zoom while the numbers change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from pages.ui.figures import Figure

_mount = st.components.v2.component(
    "marginscope_chart",
    html="<div class='chart'></div><p class='chart-failed' role='status' hidden></p>",
    css=".chart{width:100%;contain:strict}\n.chart .main-svg{display:block}\n",
    js=Path(__file__).with_name("chart.js").read_text("utf-8"),
    isolate_styles=False,
)


def chart(figure: Figure, key: str, alt: str, height: int = 420,
          clicked: Callable[[float, float], None] | None = None) -> None:
    """Draw `figure`. alt: what a reader who cannot see it is told; key: also the name of the picture when saved.

    clicked: callback of a click, with the place in axis units; it runs before the page, so it may set widgets.
    """
    drawn = json.dumps(figure, separators=(",", ":"))
    data = {"figure": drawn, "alt": alt, "height": height, "name": f"marginscope-{key}", "clicks": clicked is not None}
    if clicked is None:
        _mount(data=data, key=key, height=height)
    else:
        _mount(data=data, key=key, height=height, on_clicked_change=lambda: _report(key, clicked))


def _report(key: str, clicked: Callable[[float, float], None]) -> None:
    place = st.session_state[key].get("clicked")
    if isinstance(place, Mapping) and all(isinstance(place.get(axis), int | float) for axis in "xy"):
        clicked(float(place["x"]), float(place["y"]))
