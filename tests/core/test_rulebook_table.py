"""One account under several rulebooks: figures are those of the comparison, and the parts of a gap add up to it."""

import math
import warnings

import numpy as np
import pytest

from db.samples import SAMPLES
from risk_core.margin.compare import compare
from risk_core.margin.methods.choose import METHODS
from risk_core.margin.methods.scenarios.rows import table
from risk_core.margin.methods.scenarios.shocks import volatility
from risk_core.margin.rulebook_table import Asked, NotAsked, gap, under
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.rules import WHOLE
from tests.core.test_edges import FIGURES

FILES = sorted(SAMPLES.glob("*.margin.json"))
STRICTER = {"portfolio": {"hedged_rate": 0.02, "volatility_up": 0.9, "initial_factor": 1.5}}


def both(file):
    account = read(file.read_text("utf-8"))
    generic = load.load("generic")
    return account, [under(account, book) for book in (generic, load.override(generic, STRICTER))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_asked_is_what_the_comparison_shows(file):
    account, (asked, _) = both(file)
    shown = compare(account, asked.rulebook, ["portfolio"]).modes["portfolio"]
    assert math.isclose(asked.initial, shown.head.initial_margin)
    assert math.isclose(asked.maintenance, shown.head.maintenance_margin)
    assert asked.why.worst == shown.worst


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_parts_of_a_gap_add_up_to_it(file):
    _, asked = both(file)
    found = gap(asked)
    assert found is not None and math.isclose(sum(part for _, part in found.parts), found.whole, abs_tol=1e-6)
    assert found.whole == asked[1].initial - asked[0].initial > 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_row_that_sets_the_figure_is_the_worst_of_the_matrix(file):
    _, (asked, _) = both(file)
    for table in asked.scenarios:
        assert table.words[table.setting[0]] in asked.why.worst or "minimum" in asked.why.worst or table.profit.min() >= 0
        assert np.isclose(table.profit.min(), table.profit[table.setting[0]], atol=1e-6 * asked.holding.size)


def test_a_rulebook_without_portfolio_margin_says_so():
    account, _ = both(FILES[0])
    found = under(account, load.load("binance-style"))
    assert isinstance(found, NotAsked) and "no portfolio margin" in found.reason


def test_one_rulebook_has_no_gap():
    _, asked = both(FILES[0])
    assert gap(asked[:1]) is None and gap([asked[0], asked[0]]) is None and isinstance(asked[0], Asked)


def test_every_section_that_charges_a_whole_pool_has_a_method():
    assert set(METHODS) == set(WHOLE)


# States of volatility ---------------------------------------------------------------------------------------------

STATES = {"up", "same", "down", "skew", "wings", "up by points", "down by points", "with the price"}
SCANNED = [name for name in load.names() if load.load(name).rules.portfolio is not None]


def options_of(one, name):
    """The options held that the scenarios of `name` move."""
    account, ins = one.holding.account, one.holding.account.instruments
    return [i for i in np.unique(account.book.instrument)
            if ins.is_option[i] and name in {"", account.underlyings[ins.underlying[i]]}]


@pytest.mark.parametrize("name", SCANNED)
@pytest.mark.parametrize("file", FILES[4:14:3], ids=lambda file: file.stem)
def test_a_row_says_what_it_does_to_the_volatility_of_the_options_held(file, name):
    """The slow way: option by option, row by row."""
    one = under(read(file.read_text("utf-8")), load.load(name))
    account, ins = one.holding.account, one.holding.account.instruments
    for scenarios in one.scenarios:
        assert set(scenarios.volatility) <= STATES and len(scenarios.volatility_factor) == len(scenarios.words)
        found = [[volatility(account, own, np.array([i]), row)[0] / ins.volatility[i] for row in table(own).rows]
                 for i in options_of(one, scenarios.underlying)
                 for own in [one.holding.rules.portfolio.of(account.underlyings[ins.underlying[i]])]]
        slow = np.mean(found, axis=0) if found else np.full(len(scenarios.words), np.nan)
        assert np.allclose(scenarios.volatility_factor, slow, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("name", SCANNED)
def test_an_option_without_volatility_has_no_factor(name):
    """What is marked at its lower bound has volatility 0; a row that adds points to it multiplies it by nothing finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = under(read_document(FIGURES["an option marked at its lower bound"]), load.load(name))
        assert not any(np.isinf(scenarios.volatility_factor).any() for scenarios in one.scenarios)


def test_rows_by_points_stand_beside_relative_ones_under_names_of_their_own():
    one = under(read(FILES[4].read_text("utf-8")), load.load("okx-pm"))
    assert {"up", "up by points"} < set(one.scenarios[0].volatility)
    alone = under(read(FILES[4].read_text("utf-8")), load.load("bit-pm"))
    assert all("by points" not in state for state in alone.scenarios[0].volatility)


def test_previews_and_joint_moves_say_what_they_do_to_volatility():
    account = read(FILES[4].read_text("utf-8"))
    rules = load.load("greeks").rules.greeks
    preview = under(account, load.load("greeks")).scenarios[0]
    factor = {"up": 1.0 + rules.volatility_up, "same": 1.0, "down": 1.0 - rules.volatility_down}
    assert np.allclose(preview.volatility_factor, [factor[state] for state in preview.volatility])
    still = under(account, load.load("historical-var")).scenarios[0]
    assert set(still.volatility) == {"same"} and (still.volatility_factor == 1.0).all()
    beta = load.override(load.load("historical-var"), {"history": {"volatility_beta": -2.0}})
    moved = under(account, beta).scenarios[0]
    assert set(moved.volatility) == {"with the price"}
    assert np.allclose(moved.volatility_factor, np.maximum(1.0 - 2.0 * moved.move, 0.0))


def test_the_haircut_is_what_equity_lacks_of_the_collateral():
    account, _ = both(next(file for file in FILES if "hedged-perpetual" in file.stem))
    whole, nothing = (under(account, load.override(load.load("generic"), {"collateral": {
        "haircuts": {asset: share for asset in account.collateral.assets}}})) for share in (0.0, 1.0))
    assert whole.haircut == 0.0 and math.isclose(nothing.haircut, whole.equity - nothing.equity) and nothing.haircut > 0
