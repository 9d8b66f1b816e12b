"""One account under several rulebooks: figures are those of the comparison, and the parts of a gap add up to it."""

import math

import numpy as np
import pytest

from db.samples import SAMPLES
from risk_core.margin.compare import compare
from risk_core.margin.rulebook_table import Asked, NotAsked, gap, under
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

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
