"""L23: what is called available can be taken out, or put behind a new position, without being liquidated by it."""

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.core import strategies as some
from tests.core.books import POOLED, cash, now, perpetual, regions, scale, with_more

PARTS = st.sampled_from((0.25, 0.5, 1.0))


def left_safe(doc, mode, slack):
    """Buffer at least 0, and what liquidates begins at the present price at the nearest."""
    equity, initial, maintenance = now(doc, mode)
    assert equity - initial >= -slack and equity - maintenance >= -slack
    if equity - maintenance > slack:
        for name, found in regions(doc, mode).items():
            price = doc["market"]["underlyings"][name]["price"]
            assert not any((low or 0.0) < price < (high or float("inf")) for low, high in found)


@given(doc=some.accounts(), mode=st.sampled_from(POOLED), part=PARTS)
def test_L23_what_is_available_can_be_withdrawn(doc, mode, part):
    equity, initial, _ = now(doc, mode)
    assume(equity > initial)
    left_safe(with_more(doc, collateral=[cash(-part * (equity - initial))]), mode, 1e-12 * scale(doc))


@given(doc=some.accounts(), side=some.signs, size=some.log_uniform(1e-3, 1.0), mode=st.sampled_from(POOLED))
def test_L23_a_position_opened_at_the_mark_within_what_is_available_is_safe(doc, side, size, mode):
    equity, initial, _ = now(doc, mode)
    assume(equity > initial)
    price = doc["market"]["underlyings"]["BTC"]["price"]
    more = with_more(doc, [perpetual(side * size * (equity - initial) / price, price)])
    after, asked, _ = now(more, mode)
    slack = 1e-12 * scale(more)
    assert abs(after - equity) <= slack
    if after >= asked:
        left_safe(more, mode, slack)
