"""Colours, words and figures without an app around them."""

import plotly.graph_objects as go
import pytest

from db.samples import SAMPLES, slug
from pages.ui import figures, picture, style, view, words
from pages.ui.cached import LADDER, Asked
from pages.ui.levels import standings
from pages.ui.state import Controls
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_mode_has_a_look_of_its_own():
    assert set(style.MODES) == set(MODES)
    for what in ("colour", "dash", "marker", "sign"):
        assert len({getattr(look, what) for look in style.MODES.values()}) == len(MODES)


def test_the_theme_has_exactly_ten_chart_colours_twice():
    assert len(style.palette()) == 10
    assert all(len(pair) == 2 for pair in style.palette().values())


@pytest.mark.parametrize(("side", "paper"), [(0, "#ffffff"), (1, "#101318")])
def test_the_three_modes_differ_in_greyscale_and_from_the_paper(side, paper):
    shades = [style.palette()[name][side] for name in ("isolated", "cross", "portfolio")]
    assert all(contrast(a, b) > 1.25 for i, a in enumerate(shades) for b in shades[i + 1:])
    assert all(contrast(shade, paper) > 3 for shade in shades)


@pytest.mark.parametrize(("used", "band"), [
    (0.0, "calm"), (0.6999, "calm"), (0.70, "watch"), (0.90, "critical"), (1.0, "critical"), (1.0001, "liquidated"),
    (None, "liquidated"),
])
def test_danger_bands(used, band):
    assert style.danger(used) == band


@pytest.mark.parametrize(("said", "expected"), [
    (words.money(1234567.891), "1,234,567.89"),
    (words.money(10.001, "up"), "10.01"),
    (words.money(10.0, "up"), "10.00"),
    (words.money(10.009, "down"), "10.00"),
    (words.money(-10.001, "down"), "−10.01"),
    (words.money(-7.3e-12), "0.00"),
    (words.money(0.000123456), "0.0001235"),
    (words.money(5, plus=True), "+5.00"),
    (words.price(54200.4), "54,200"),
    (words.price(3050.04), "3,050.0"),
    (words.price(0.000123451), "0.0001235"),
    (words.move(-0.131), "−13.1 %"),
    (words.move(0.0), "0.0 %"),
    (words.sigmas(-3.61), "−3.6 σ"),
    (words.sigmas(None), ""),
    (words.used(None), "no equity left"),
    (words.compact(-4560000), "−4.56M"),
])
def test_numbers_as_the_field_writes_them(said, expected):
    assert said.replace(words.SPACE, " ") == expected


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_figures_are_what_plotly_accepts_and_mark_the_levels(file):
    account = read(file.read_text("utf-8"))
    rules = load.resolve(account.rules)
    seen = compare(account, rules)
    name = view.controls.held_underlyings(account)[0]
    found = walk(account, rules, [name], LADDER)
    stand = standings(found, 1.0)
    axis = picture.Axis(name, account.market.underlyings[name].price, 1.0)
    drawn = picture.picture(found, stand, axis, 0.03, "note")
    for figure in (figures.margin_curves(drawn, "r"), figures.waterfall(seen.modes["portfolio"].steps, "portfolio")):
        go.Figure(data=uncoloured(figure["data"]))  # names every key plotly does not know
        go.Layout(uncoloured(figure["layout"]))
        go.Layout(uncoloured({**figure["layout"], **figure["narrow"]}))
    for mode, one in stand.items():
        level = seen.modes[mode].liquidation[name]
        marked = [p.x for p in drawn.points if p.level.mode == mode]
        for edge in (level.below, level.above):
            assert edge is None or any(abs(x - edge) <= 1e-7 * edge for x in marked)
        assert bool(one.gone) == level.now


def uncoloured(value):
    """A layout with the theme's marks replaced, as the chart does."""
    if isinstance(value, str):
        return "#123456" if value.startswith("@") else value
    if isinstance(value, list):
        return [uncoloured(one) for one in value]
    return {k: uncoloured(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_equal_questions_have_equal_keys():
    account = read(FILES[0].read_text("utf-8"))
    rules = load.resolve(account.rules)
    one = Asked(account, rules, Controls(prices=(("BTC", 0.0),)).what_if)
    assert one.text == Asked(account, rules, Controls().what_if).text
    assert one.text != Asked(account, rules, Controls(days=1.0).what_if).text
