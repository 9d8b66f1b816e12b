"""A position in a pool under each assumption of the rest: the plain level, and the others beside it."""

import pytest

from risk_core.liquidation.assumptions import STILL, TOGETHER, ranges
from risk_core.margin.compare import compare
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks.load import load
from tests.core.books import cash, document, perpetual

BOOK = load("generic")


def account(*positions, dollars=30_000):
    prices = {"BTC": {"price": 100.0}, "ETH": {"price": 50.0}}
    return read_document(document(list(positions), [cash(dollars)], prices))


PAIR = (perpetual(3_000.0, 100.0, id="a"), perpetual(2_000.0, 50.0, underlying="ETH", id="b"))


def test_the_plain_assumption_is_the_level_of_the_pool():
    held = account(*PAIR)
    mode = compare(held, BOOK, ["cross"]).modes["cross"]
    found = ranges(held, BOOK, ["cross"])
    assert [one.id for one in found] == ["a", "b"]
    for one, underlying in zip(found, ("BTC", "ETH"), strict=True):
        plain = one.assumed[0]
        level = mode.liquidation[underlying]
        assert (plain.assumption, plain.below, plain.above) == (STILL, level.below, level.above)


def test_prices_that_move_together_break_the_pool_where_the_moved_account_is_broken():
    held = account(*PAIR)
    one = ranges(held, BOOK, ["cross"])[0]
    together = next(each for each in one.assumed if each.assumption == TOGETHER)
    moved = move(held, WhatIf(price=together.below / 100.0))
    figures = compare(moved, BOOK, ["cross"]).modes["cross"].head
    assert figures.buffer == pytest.approx(0.0, abs=1e-6 * figures.maintenance_margin)
    assert together.below > one.assumed[0].below, "both legs are long: together they break sooner"
    assert one.worst == max(each.below for each in one.assumed if each.below is not None)


def test_a_pool_of_one_position_has_one_answer_and_a_broken_one_none():
    assert ranges(account(PAIR[0]), BOOK, ["cross"]) == ()
    assert ranges(account(*PAIR, dollars=1), BOOK, ["cross"]) == ()


def test_legs_that_are_scanned_together_have_the_two_assumptions_a_walk_can_make():
    for one in ranges(account(*PAIR), BOOK, ["portfolio"]):
        assert [each.assumption for each in one.assumed] == [STILL, TOGETHER]
