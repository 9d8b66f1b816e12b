"""Alert levels: the margin call above maintenance, the bands of danger and of distance, the link that keeps them."""

import re
from dataclasses import astuple, replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.samples import sample_id
from pages.ui import alerts, cached, state, style, words
from pages.ui.alerts import Alerts
from risk_core.margin.figures import Figures
from risk_core.margin.models import MODES
from tests.app.test_frame import FILES

AMOUNTS = st.floats(0.01, 1e9)
TENTHS = st.integers(1, 999).map(lambda tenth: tenth / 10.0)


@given(AMOUNTS, AMOUNTS, TENTHS)
def test_room_is_below_0_exactly_beyond_the_level_of_maintenance_used(equity, maintenance, level):
    """Beside exact arithmetic; at 100 % the margin call is liquidation."""
    held = Figures(equity, maintenance, maintenance)
    share = Fraction(maintenance) / Fraction(equity)
    exact = Fraction(equity) - Fraction(maintenance) / Fraction(level / 100.0)
    assert held.room(1.0) == held.buffer
    assert abs(Fraction(held.room(level / 100.0)) - exact) <= (abs(Fraction(equity)) + maintenance * 100 / Fraction(level)) / 10**15
    if abs(share / Fraction(level / 100.0) - 1) > 1e-12:
        assert (held.room(level / 100.0) < 0) == (share > Fraction(level / 100.0))
        assert held.room(level / 100.0) < held.buffer


@given(st.lists(TENTHS, min_size=6, max_size=6))
def test_levels_are_read_from_the_link_as_they_were_or_refused_in_a_sentence(values):
    made = Alerts(*values)
    found, told = alerts.read(made.text)
    watch, critical, _, near, close, closest = values
    if watch < critical and closest < close < near:
        assert (found, told) == (made, "")
    else:
        assert found == alerts.USUAL and re.search(r"\d %.*must ", told)


@pytest.mark.parametrize("text", ["x", "70-90", "0-90-80-30-15-5", "70-90-80-30-15-5-1", "70-90-100-30-15-5", "1e9-90-80-30-15-5",
                                  "nan-90-80-30-15-5", "70-90--80-30-15-5", "٧٠-90-80-30-15-5"])
def test_a_bad_link_keeps_the_usual_levels_and_says_why(text):
    found, told = alerts.read(text)
    assert found == alerts.USUAL and told.startswith("The alert levels of this link are not used: ") and told.endswith(".")


@pytest.mark.parametrize(("relative", "near"), [
    (0.30, "calm"), (-0.2999, "near"), (0.15, "near"), (-0.1499, "close"), (0.05, "close"), (-0.0499, "very close"),
    (float("inf"), "calm"),
])
def test_a_distance_is_told_by_how_near_it_is_on_either_side(relative, near):
    assert alerts.USUAL.nearness(relative) == near
    assert set(style.NEARNESS) == {alerts.CALM, alerts.NEAR, alerts.CLOSE, alerts.CLOSEST}


def text_of(at):
    return "".join(one.proto.body for one in at.get("html"))


def rooms(at):
    """The cells of the row, one for each mode shown."""
    row = re.search(r"<tr><th[^>]*><span class=.help.><span[^>]*>Margin call</span>.*?</tr>",
                    text_of(at), re.DOTALL)[0]
    return re.findall(r"<td>(.*?)</td>", row, re.DOTALL)


@pytest.mark.parametrize("file", [FILES[0], FILES[3]], ids=lambda file: file.name)
def test_compare_tells_the_room_of_the_worst_leg_and_what_is_called(open_app, file):
    levels = replace(alerts.USUAL, call=2.0)
    for now in (alerts.USUAL, levels):
        link = {} if now == alerts.USUAL else {alerts.LINK: now.text}
        at = open_app(account=sample_id(file), **link)
        held = state.account(at.session_state[state.DRAFT])
        found = cached.compared(cached.asked(held, state.Controls().what_if)).modes
        shown = [name for name in MODES if name in found][-len(rooms(at)):]
        for cell, name in zip(rooms(at), shown, strict=True):
            figures = found[name].worst_bucket.figures
            room = figures.equity - figures.maintenance_margin * 100.0 / now.call
            assert words.money(room, "down") in cell and ("called</span>" in cell) == (room < 0), name
        assert "".join(at.query_params.get(alerts.LINK, "")) == link.get(alerts.LINK, "")


def field(at, name):
    at.session_state[alerts.MENU] = True
    at.run()
    return at.number_input(key=f"{alerts.LINK}.{name}")


def test_the_levels_are_set_in_the_frame_and_followed_by_strip_and_link(open_app):
    at = open_app(account=sample_id(FILES[0]))
    assert alerts.LINK not in at.query_params and 'class="ms-badge call"' not in text_of(at)
    field(at, "call").set_value(1.0).run()
    assert "".join(at.query_params[alerts.LINK]) == "70-90-1-30-15-5"
    assert 'class="ms-badge call"' in text_of(at)
    field(at, "watch").set_value(95.0).run()
    assert "Watch from 95 %: must be below Critical from, 90 %." in at.error[0].value
    assert at.session_state[alerts.LINK] == replace(alerts.USUAL, call=1.0)
    field(at, "call")
    at.button(key="alerts.usual").click().run()
    assert alerts.LINK not in at.query_params and astuple(at.session_state[alerts.LINK]) == (70, 90, 80, 30, 15, 5)
