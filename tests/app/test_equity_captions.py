"""Captions of equity say whether the value of options is part of it, as the rulebook in force has it."""

import pytest

from db.samples import SAMPLES
from pages.ui import picture, strip
from pages.ui.axis import Axis
from pages.ui.cached import LADDER
from pages.ui.levels import standings
from pages.ui.view import modes_shown
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

ACCOUNT = read(next(SAMPLES.glob("03-*.margin.json")).read_text("utf-8"))
GENERIC = load.load("generic")
RULES = {
    "requirement": (GENERIC, {"Equity excl. options", "Equity incl. options"}),
    "equity": (load.override(GENERIC, {"options.mark_in": "equity"}), {"Equity"}),
}


def captions(rules):
    found = walk(ACCOUNT, rules, ["BTC"], LADDER)
    axis = Axis("BTC", ACCOUNT.market.underlyings["BTC"].price, 1.0)
    return {trace.name for trace in picture.picture(found, standings(found, 1.0), axis, None, "").equity}


class Seen:
    """As much of a view as the equity of the strip reads."""

    has_before = False

    def __init__(self, rules):
        self.after = self.before = compare(ACCOUNT, rules)
        self.modes = tuple(name for name in modes_shown(ACCOUNT) if name in self.after.modes)


@pytest.mark.parametrize("where", RULES)
def test_the_picture_names_equity_by_what_it_counts(where):
    rules, expected = RULES[where]
    assert captions(rules) == expected


def test_the_strip_tells_equity_with_and_without_options_where_they_differ():
    assert "with options" in strip._equity(Seen(GENERIC)) and "Portfolio, which counts" in strip._equity(Seen(GENERIC))


def test_the_strip_says_that_every_mode_counts_them_where_every_mode_does():
    told = strip._equity(Seen(RULES["equity"][0]))
    assert "in every mode" in told and "Isolated, Cross and Portfolio, counting the value of options" in told
