"""The other assumptions about a pool open on demand and say what the core says."""

import pytest

from pages.ui import assumption_table, words
from risk_core.liquidation.assumptions import ranges
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import load
from tests.conftest import ROOT

PAIR = read((ROOT / "db/samples/08-btc-eth-pair.margin.json").read_text("utf-8"))


@pytest.fixture
def found():
    return ranges(PAIR, load("generic"), ["cross", "portfolio"])


def test_every_price_of_every_assumption_is_in_the_table(found):
    shown = assumption_table.table(found)
    assert found
    for one in found:
        assert one.id in shown
        for each in one.assumed:
            for end in (each.below, each.above):
                assert end is None or words.price(end) in shown


def test_scanned_legs_have_no_venue_estimates(found):
    rows = assumption_table.table(tuple(one for one in found if one.mode == "portfolio"))
    assert rows.count("not defined") == 2 * sum(one.mode == "portfolio" for one in found)
