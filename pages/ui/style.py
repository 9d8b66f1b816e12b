"""How things look: one colour, dash and marker per mode, and the scales of outcome and danger, which never mix."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pages.ui import alerts

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"


@dataclass(frozen=True, slots=True)
class Look:
    """How one margin mode is drawn. colour: a name of PALETTE; dash, marker: plotly's; sign: the marker in text."""

    colour: str
    dash: str
    marker: str
    sign: str


MODES: Final = {
    "as_held": Look("as_held", "dot", "square", "■"),
    "isolated": Look("isolated", "dash", "triangle-up", "▲"),
    "cross": Look("cross", "solid", "circle", "●"),
    "portfolio": Look("portfolio", "dashdot", "diamond", "◆"),
}
"""By mode name; a mode of the core that is missing here fails the tests."""

PALETTE: Final = (
    "isolated", "cross", "portfolio", "as_held", "profit", "loss", "watch", "critical", "liquidated", "what_if",
)
"""Names of the ten chart colours of the theme, in their order."""

CALM, WATCH, CRITICAL, LIQUIDATED = "calm", "watch", "critical", "liquidated"
NEARNESS: Final = {alerts.CALM: "", alerts.NEAR: WATCH, alerts.CLOSE: CRITICAL, alerts.CLOSEST: "closest"}
"""The class of the style sheet in which a distance is drawn, by how near it is."""


def danger(used: float | None) -> str:
    """The danger band of maintenance used, by the alert levels; None stands for no equity left."""
    if used is None or used > 1:
        return LIQUIDATED
    levels = alerts.present()
    return CRITICAL if used >= levels.critical / 100 else WATCH if used >= levels.watch / 100 else CALM


def colour(name: str) -> str:
    """The mark that stands for a palette colour in a figure; the chart puts in the colour of the present theme."""
    return f"@{PALETTE.index(name)}"


TEXT, MUTED, GRID, PAPER = "@text", "@muted", "@grid", "@paper"
"""Marks of the theme's own colours in a figure."""


@cache
def palette() -> dict[str, tuple[str, str]]:
    """Each palette colour in the light and in the dark theme, as the theme file has them."""
    theme = tomllib.loads(CONFIG.read_text("utf-8"))["theme"]
    light, dark = (theme[name]["chartCategoricalColors"] for name in ("light", "dark"))
    return dict(zip(PALETTE, zip(light, dark, strict=True), strict=True))


@cache
def sheet() -> str:
    """The style sheet of the pages: the palette as CSS variables, then `style.css`."""
    variables = "".join(f"--ms-{name}:light-dark({light},{dark});" for name, (light, dark) in palette().items())
    return f"<style>:root{{{variables}}}\n{Path(__file__).with_name('style.css').read_text('utf-8')}</style>"


@cache
def further(name: str) -> str:
    """A further style sheet of one page, by its file name."""
    return f"<style>{Path(__file__).with_name(name).read_text('utf-8')}</style>"
