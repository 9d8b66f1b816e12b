"""What changed a margin: parts that add up, symmetry of the shared parts, causes that cannot come apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.samples import SAMPLES
from risk_core.errors import Refused
from risk_core.margin.models import MODES
from risk_core.margin.parameter_diff import BOOK, MOST_SHARED, diff
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load
from tests.core.books import cash, document, perpetual

GENERIC = load.load("generic")
FILES = sorted(SAMPLES.glob("*.margin.json"))
MIXED, STRANGLE = (read(FILES[i].read_text("utf-8")) for i in (13, 4))
PORTFOLIO, CROSS = MODES["portfolio"], MODES["cross"]
VALUES = {"volatility_up": st.floats(0.0, 2.0), "volatility_down": st.floats(0.0, 1.0), "hedged_rate": st.floats(0.0, 0.1),
          "short_option_minimum": st.floats(0.0, 0.1), "initial_factor": st.floats(1.0, 3.0)}


def version(**values):
    return load.override(GENERIC, {"portfolio": values})


def check(found):
    for parts, side in ((("ordered_initial", "shared_initial"), 0), (("ordered_maintenance", "shared_maintenance"), 1)):
        whole, size = found.after[side] - found.before[side], abs(found.after[side]) + abs(found.before[side])
        for part in parts:
            assert math.isclose(math.fsum(getattr(one, part) for one in found.changes), whole, rel_tol=1e-12, abs_tol=1e-12 * size)


@given(st.fixed_dictionaries({}, optional=VALUES), st.booleans())
def test_the_parts_add_up_to_the_change(values, is_book):
    check(diff((MIXED, GENERIC), (STRANGLE if is_book else MIXED, version(**values)), PORTFOLIO))


def test_nothing_changed_has_no_causes():
    found = diff((MIXED, GENERIC), (MIXED, GENERIC), PORTFOLIO)
    assert found.changes == () and found.before == found.after and found.is_shapley


def test_a_product_by_hand():
    """Initial 1.25 × 160 = 200 to 1.5 × 200 = 300. In order 50 and 50; the other way 40 and 60, so shared 55 and 45."""
    account = read_document(document([perpetual(10.0, 100.0)], [cash(1e4)], {"BTC": {"price": 100.0}}))
    found = diff((account, GENERIC), (account, version(moves=[-0.2, 0.0, 0.2], initial_factor=1.5)), PORTFOLIO)
    assert (found.before, found.after) == (pytest.approx((200.0, 160.0)), pytest.approx((300.0, 200.0)))
    moves, factor = found.changes
    assert (moves.keys, factor.keys) == (("portfolio.moves",), ("portfolio.initial_factor",))
    assert (moves.ordered_initial, factor.ordered_initial) == (pytest.approx(50.0), pytest.approx(50.0))
    assert (moves.shared_initial, factor.shared_initial) == (pytest.approx(55.0), pytest.approx(45.0))
    assert (moves.shared_maintenance, factor.shared_maintenance) == (pytest.approx(40.0), pytest.approx(0.0))


def test_the_book_is_a_cause_beside_the_parameters():
    one, two = (read_document(document([perpetual(size, 100.0)], [cash(1e4)], {"BTC": {"price": 100.0}})) for size in (10.0, 20.0))
    found = diff((one, GENERIC), (two, version(initial_factor=2.5)), PORTFOLIO)
    factor, book = found.changes
    assert book.keys == (BOOK,) and not book.differences and found.after[0] == pytest.approx(800.0)
    assert (factor.ordered_initial, book.ordered_initial) == (pytest.approx(200.0), pytest.approx(400.0))
    assert factor.shared_initial == pytest.approx(book.shared_initial) == pytest.approx(300.0)


def test_turned_round_the_shared_parts_change_sign_and_a_parameter_without_effect_has_none():
    other = version(volatility_up=0.9, hedged_rate=0.02, tie=1e-8)
    there, back = diff((MIXED, GENERIC), (MIXED, other), PORTFOLIO), diff((MIXED, other), (MIXED, GENERIC), PORTFOLIO)
    for one, two in zip(there.changes, back.changes, strict=True):
        assert one.keys == two.keys and one.shared_initial == pytest.approx(-two.shared_initial, abs=1e-6)
    assert there.changes[-1].keys == ("portfolio.tie",) and there.changes[-1].shared_initial == 0.0


def test_many_changes_are_shared_by_the_order_and_its_reverse():
    other = version(moves=[-0.2, 0.2], volatility_up=0.9, volatility_down=0.1, hedged_rate=0.02, short_option_minimum=0.02,
                    initial_factor=1.5, floor_days=2.0)
    found = diff((MIXED, GENERIC), (MIXED, other), PORTFOLIO)
    assert len(found.changes) == 7 > MOST_SHARED and not found.is_shapley
    check(found)


def test_parameters_that_are_only_sound_together_change_together():
    """A higher maintenance rate needs the higher initial rate of its own table; floor and rate of options likewise."""
    changes = {"options": {"initial_floor": 0.3, "initial_rate": 0.4, "maintenance_rate": 0.25}}
    found = diff((STRANGLE, GENERIC), (STRANGLE, load.override(GENERIC, changes)), CROSS)
    check(found)
    keys = {key for one in found.changes for key in one.keys}
    assert keys == {"options.initial_floor", "options.initial_rate", "options.maintenance_rate"}


def test_rulebooks_of_two_methods_compare():
    found = diff((MIXED, GENERIC), (MIXED, load.load("simm")), PORTFOLIO)
    check(found)
    assert any(len(one.keys) > 5 for one in found.changes) and "only one of the rulebooks" in found.joined


def test_a_mode_that_one_side_lacks_is_refused():
    with pytest.raises(Refused, match="not available"):
        diff((MIXED, GENERIC), (MIXED, load.load("binance-pm")), PORTFOLIO)
