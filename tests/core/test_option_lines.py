"""States against lines under every convention of options, and the levels that come of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.errors import Refused, Unsettled
from risk_core.liquidation import variants
from risk_core.liquidation.lines import Question
from tests import accounts
from tests.core import strategies as some
from tests.core.books import (
    POOL,
    buffers,
    call,
    compared,
    direction,
    gross_along,
    held,
    perpetual,
    put,
    regions,
)
from tests.core.option_conventions import CONVENTIONS, PARADEX, charged, rules
from tests.core.test_lines import rows_at

few = settings(max_examples=max(settings.default.max_examples // 25, 1))


def answers(question, k):
    """H(k) of a question: the greatest of its variants."""
    return np.max([rows_at(one, k) for one in variants.variants(question)], axis=0)


def ask(doc, k, modes=("isolated", "cross")):
    for mode in modes:
        holding = held(doc, mode)
        names = holding.account.underlyings
        for beta in [direction(holding, [name]) for name in names] + [np.full(len(names), 0.7)]:
            for bucket in range(holding.nets.buckets):
                question = Question(holding, bucket, beta)
                true = buffers(holding, bucket, beta, k)
                size = gross_along(holding, beta, k) + gross_along(holding, beta, [1.0]) + holding.pledge.sum()
                gains = abs(holding.nets.profit_const).sum() + abs(holding.nets.profit_slope).sum() * (1.0 + k)
                assert np.all(np.abs(answers(question, k) - true) <= 1e-11 * (size + gains))


@pytest.mark.parametrize("name", CONVENTIONS)
@few
@given(data=st.data(), k=st.lists(some.walk_factors, min_size=4, max_size=4))
def test_rows_are_the_state_form_under_every_convention(name, data, k):
    doc = data.draw(some.accounts(rules=rules(**CONVENTIONS[name]), apart=True))
    try:
        ask(doc, np.array([1.0, *k]))
    except (Refused, Unsettled) as refused:
        assert "not offered" in str(refused)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", CONVENTIONS)
def test_rows_are_the_state_form_on_random_accounts(name, seed):
    doc = accounts.random_account(seed + 5_000)
    doc["positions"] = doc["positions"][:6]
    ask(doc | {"rules": rules(**CONVENTIONS[name])}, np.array([1e-4, 0.31, 0.9, 1.0, 1.07, 2.4, 1e4]))


@pytest.mark.parametrize("name", ["Derive", "Paradex", "Deribit", "Bybit", "OKX"])
@pytest.mark.parametrize("legs", [
    [call(90.0, -1.0), call(110.0, 1.0)], [put(110.0, -1.0), put(90.0, 1.0)], [call(100.0, -1.0), put(100.0, -1.0)],
    [put(300.0, -2.0), call(80.0, 1.5)], [call(95.0, -3.0), call(105.0, 2.0), perpetual(1.0, 100.0)]])
def test_levels_are_where_the_buffer_changes_sign(name, legs):
    doc = charged(legs, CONVENTIONS[name], 100.0) | {"collateral": [{"asset": "USD", "amount": 150.0}]}
    holding = held(doc, "cross")
    k = np.geomspace(0.011, 90.0, 4_001)
    below = buffers(holding, POOL, np.ones(1), k) < -1e-9
    [found] = regions(doc, "cross").values()
    inside = np.zeros(len(k), dtype=bool)
    for low, high in found:
        inside |= (100 * k > (low or 0.0)) & (100 * k < (high or np.inf))
    assert np.array_equal(inside, below)


def test_more_choices_than_are_searched_leave_the_mode_out_by_name_and_the_others_stand():
    legs = [call(100.0 + i, 1.0, seconds=86_400 * (i + 2)) for i in range(7)]
    doc = charged(legs, PARADEX, 100.0)
    found = compared(doc, ("isolated", "cross"))
    assert list(found.modes) == ["isolated"]
    assert "not offered for 7 long options" in found.unavailable["cross"]
    assert list(compared(charged(legs[:6], PARADEX, 100.0), ("cross",)).modes) == ["cross"]
