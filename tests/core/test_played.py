"""A liquidation is played where it begins: now, or just past the nearest level; the steps are those of `partial`."""

import pytest

from risk_core.liquidation.partial import partial
from risk_core.liquidation.played import PAST, past, played
from risk_core.liquidation.thresholds import Liquidation
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks.load import load, override
from tests.core.books import call, document, perpetual

GENERIC = load("generic")


def account(collateral, *legs):
    return read_document(document(legs, collateral, {"BTC": {"price": 100.0, "volatility": 0.6}}))


def test_what_is_short_now_is_played_now():
    held = account(1.0, perpetual(1.0, 100.0))
    [cross] = played(held, GENERIC, ["cross"])
    assert (cross.underlying, cross.level, cross.price) == (None, None, None)
    assert [(step.fee, step.after, step.closed) for step in cross.steps] == [
        (step.fee, step.after, step.closed) for step in partial(held, GENERIC, "cross")]


def test_what_is_safe_is_played_just_past_its_nearest_level():
    """Equity 10 + P - 100 against 2.5 % of P: 90 / 0.975; a tenth of a percent below it one unit is closed."""
    [cross] = played(account(10.0, perpetual(1.0, 100.0)), GENERIC, ["cross"])
    assert cross.underlying == "BTC" and cross.level == pytest.approx(90.0 / 0.975)
    assert cross.price == pytest.approx(cross.level * (1.0 - PAST))
    assert [leg.quantity for step in cross.steps for leg in step.closed] == [1.0]
    assert cross.steps[0].before.equity == pytest.approx(10.0 + cross.price - 100.0)


def test_a_sequence_in_steps_ends_out_of_danger():
    rules = override(GENERIC, {"liquidation.sequence": "until safe", "liquidation.step_share": 0.1,
                               "liquidation.fee_rate": 0.001})
    [cross] = played(account(10.0, perpetual(1.0, 100.0)), rules, ["cross"])
    assert 0 < len(cross.steps) < 10 and sum(step.fee for step in cross.steps) > 0
    last = cross.steps[-1].after
    assert last.buffer >= 0 and last.maintenance_margin > 0


def test_where_no_price_begins_one_nothing_is_closed():
    [cross] = played(account(1000.0, perpetual(1.0, 100.0)), GENERIC, ["cross"])
    assert (cross.level, cross.steps) == (None, ())


def test_pledges_stay_what_they_are_while_the_price_moves():
    """A short call without pledge or leverage is pledged its initial margin now, also at the level."""
    [alone] = played(account(100.0, call(110.0, -1.0)), GENERIC, ["isolated"])
    assert alone.underlying == "BTC" and len(alone.steps) == 1
    assert alone.steps[0].before.buffer < 0


@pytest.mark.parametrize(("regions", "expected"), [
    (((None, 90.0),), 90.0 * (1.0 - PAST)), (((89.99, 90.0),), 89.995),
    (((110.0, None),), 110.0 * (1.0 + PAST)), (((110.0, 110.02),), 110.01),
])
def test_a_narrow_range_is_entered_half_way(regions, expected):
    assert past(Liquidation(100.0, regions)) == pytest.approx(expected, rel=1e-12)
