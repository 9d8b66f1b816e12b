"""Compare shows the ratio of a ratio method itself, with its own thresholds, where the pool is charged by it."""

import math
import re
from html import unescape

import pytest

from pages.ui import comparison_table, ratio_words
from risk_core.margin.compare import compare
from risk_core.margin.methods.ratio.demand import Shown
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.core.books import cash, coin, document, perpetual

MARKET = {"BTC": {"price": 100_000.0}}


def under(name, legs, collateral):
    return compare(read_document(document(legs, collateral, MARKET, name)), load.load(name))


def told(found, mode):
    class Seen:
        after = before = found
        has_before = False

    return unescape(re.sub(r"<[^>]+>", " ", comparison_table._displayed(Seen, mode)))


def test_unified_ratio_is_equity_over_maintenance_by_tier_with_its_three_thresholds():
    """1 BTC at 0.4 % is 400; 1,000 dollars are 2.5 times that. The margin shown, 420, is 1.05 times it."""
    found = under("binance-pm", [perpetual(1.0, 100_000.0)], [cash(1_000.0)])
    assert found.modes["portfolio"].head.maintenance_margin == pytest.approx(420.0)
    assert comparison_table.displayed(found, "portfolio") == "2.500"
    assert ("equity ÷ maintenance; warning below 1.5, no new positions below 1.2, liquidated below 1.05, falling = worse"
            in told(found, "portfolio"))


def test_lending_ratio_is_requirement_over_liquidation_value_and_rises():
    """20 + 30,000 owed over 1 BTC at ½ + ½ × 0.5; neither a warning nor a restriction is published."""
    found = under("hyperliquid-pm", [], [cash(-30_000.0), coin("BTC", 1.0)])
    assert comparison_table.displayed(found, "portfolio") == "0.401", "30,020 ÷ 75,000 = 0.40027, rounded towards danger"
    said = told(found, "portfolio")
    assert "requirement ÷ liquidation value; liquidated above 0.95, rising = worse" in said and "warning" not in said


@pytest.mark.parametrize("name", ["binance-pm", "hyperliquid-pm"])
def test_modes_charged_by_tier_keep_the_form_of_the_display(name):
    found = under(name, [perpetual(1.0, 100_000.0)], [cash(10_000.0)])
    assert found.modes["cross"].ratio is None and found.modes["isolated"].ratio is None
    assert found.rulebook.rules.display.ratio in told(found, "cross") and "liquidated" in told(found, "cross")


def test_other_rulebooks_have_no_ratio_of_a_method():
    assert under("generic", [perpetual(1.0, 100_000.0)], [cash(10_000.0)]).modes["portfolio"].ratio is None


@pytest.mark.parametrize(("value", "rises", "said"), [
    (1.0499, False, "1.049"), (1.05, False, "1.050"), (0.95, True, "0.950"), (0.9501, True, "0.951"), (-2.0, False, "−2.000"),
    (None, False, "nothing required"), (math.inf, True, "no liquidation value left"), (4e7, False, "over 10,000")])
def test_a_ratio_is_never_rounded_away_from_danger(value, rises, said):
    assert ratio_words.value(Shown("form", value, rises, 1.0, 1.0, 1.0)) == said
