"""A book too large for a figure is told so, with the number and the bound, before anything is computed for it."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from pages.ui import cached, methods_data, nearest_points, plans, sizes
from risk_core.portfolio.account_file import read, read_document
from risk_core.portfolio.whatif import WhatIf
from risk_core.rulebooks import load
from tests.conftest import ROOT

BOUNDS = [one for one in vars(sizes).values() if isinstance(one, sizes.Most)]
RULES = {"plain": "generic", "coupled": "derive-style", "method": "okx-pm"}
STRANGLE = json.loads((ROOT / "db/samples/05-short-strangle.margin.json").read_text("utf-8"))
MODES = ("isolated", "cross", "portfolio")
FINE = {"base": "generic", "override": {"portfolio.moves": [round(-0.9 + i / 13_500, 6) for i in range(24_000)]}}
"""A rulebook with 72,000 scenarios, such as a hostile file may ask for."""


def book_of(legs):
    return SimpleNamespace(book=SimpleNamespace(ids=range(legs)))


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("most", BOUNDS, ids=lambda one: one.what)
def test_the_bound_is_the_last_book_that_is_computed(most, kind):
    rules, bound = load.load(RULES[kind]).rules, getattr(most, kind)
    sizes.check(most, book_of(bound), rules)
    with pytest.raises(sizes.TooLarge) as told:
        sizes.check(most, book_of(bound + 1), rules)
    assert str(told.value) == (f"{most.what}: left out for {bound + 1:,} legs; under this rulebook computed for at most "
                               f"{bound:,} legs")


def test_more_scenarios_leave_room_for_fewer_legs():
    twice = [i / 100 for i in range(-9, 9)]
    rules = load.resolve({"base": "generic", "override": {"portfolio.moves": twice}}).rules
    sizes.check(sizes.VOLATILITY, book_of(sizes.VOLATILITY.plain // 2), rules)
    with pytest.raises(sizes.TooLarge, match="and 54 scenarios; under this rulebook computed for at most 300 legs"):
        sizes.check(sizes.VOLATILITY, book_of(sizes.VOLATILITY.plain // 2 + 1), rules)


def asked(question):
    """Every figure that the pages ask of a book, by name."""
    span = ((0.5, 1.5), (0.5, 1.5))
    maps = {f"map {kind}": plans.Plan(kind, ("BTC", "ETH"), span, (1.0, 1.0)) for kind in cached.MAPS}
    return {
        "compared": lambda: cached.compared(question),
        "walked": lambda: cached.walked(question, ("BTC",), MODES, 1.0),
        "triggered": lambda: cached.triggered(question, MODES),
        "ranged": lambda: cached.ranged(question, MODES),
        "played": lambda: cached.played(question, MODES),
        "nearest of coins": lambda: nearest_points.of_coins(question, ("BTC", "ETH"), "cross"),
        "nearest of volatility": lambda: nearest_points.of_volatility(question, "BTC", MODES),
        "nearest by day": lambda: nearest_points.of_days(question, "BTC", 0.03, 30.0, MODES),
        **{name: lambda plan=plan: cached.mapped(question, plan, MODES) for name, plan in maps.items()},
    }


@pytest.fixture(scope="module")
def hostile():
    return cached.asked(read_document(STRANGLE | {"rules": FINE}), WhatIf())


@pytest.mark.parametrize("name", asked(None))
def test_nothing_is_computed_for_a_book_that_is_too_large(name, hostile, monkeypatch):
    monkeypatch.setattr(cached, "moved", lambda _: pytest.fail("the account was moved"))
    with pytest.raises(sizes.TooLarge):
        asked(hostile)[name]()


def test_a_rulebook_of_the_methods_page_says_why_it_has_no_figure(hostile):
    answer = methods_data.asked(hostile)
    assert "left out for" in answer.reason and "left out for" in methods_data.level(hostile).reason


def test_the_samples_are_far_within_every_bound():
    for path in sorted((ROOT / "db/samples").glob("*.margin.json")):
        account = read(path.read_text("utf-8"))
        rules = load.resolve(account.rules).rules
        assert np.all([sizes.check(most, account, rules) is None for most in BOUNDS])


def test_the_pages_of_a_book_that_is_too_large_say_so_and_stay(open_app):
    store = cached.store()
    held = store.save_new(read_document(STRANGLE | {"rules": FINE, "name": "Too fine"}), "too fine")
    for page in (None, "liquidation.py", "methods.py"):
        at = open_app(page, account=held.id)
        told = [box.value for box in (*at.error, *at.info) if "scenarios" in box.value]
        assert not at.exception and told and all("72,000 scenarios" in one and "computed for at most" in one for one in told)
    assert not open_app("portfolio.py", account=held.id).exception
