"""Every number explains itself: components and shares add up, marginal is the margin without the leg, in words that fit."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.margin.models import MODES
from tests import accounts, oracle
from tests.core import strategies as some
from tests.core.books import (
    call,
    changed,
    close,
    compared,
    document,
    future,
    held,
    maintenance,
    perpetual,
    put,
    result,
    scale,
)

half = settings(max_examples=max(settings.default.max_examples // 6, 1))
books = some.accounts(apart=True)


def without(doc, name):
    return changed(doc, positions=[leg for leg in doc["positions"] if leg["id"] != name])


def only(doc, name):
    return changed(doc, positions=[leg for leg in doc["positions"] if leg["id"] == name])


@half
@given(doc=books)
def test_components_and_euler_shares_add_up_to_the_maintenance_margin(doc):
    for got in compared(doc).modes.values():
        tolerance = 1e-12 * scale(doc)
        assert close(math.fsum(part.amount for part in got.components), got.head.maintenance_margin, tolerance)
        assert all(part.amount > 0 for part in got.components)
        assert close(math.fsum(share.euler for share in got.shares), got.head.maintenance_margin, 10 * tolerance)
        assert [share.id for share in got.shares] == [leg.id for leg in got.positions]


@half
@given(doc=books)
def test_the_waterfall_adds_up(doc):
    for mode, got in compared(doc).modes.items():
        tolerance, total = 1e-12 * scale(doc), None
        for step in got.steps:
            if step.is_total and total is not None:
                assert close(total, step.amount, 10 * tolerance), (mode, step)
            total = step.amount if step.is_total else total + step.amount
        totals = [step.amount for step in got.steps if step.is_total]
        assert close(totals[0], math.fsum(share.standalone for share in got.shares), tolerance)
        assert close(totals[-2], got.head.maintenance_margin, tolerance)
        assert close(totals[-1], got.head.initial_margin, tolerance)


@half
@given(doc=books)
def test_standalone_and_marginal_are_the_account_with_only_and_without_the_leg(doc):
    """Pledges and collateral do not enter maintenance, so legs can be taken out of the file."""
    for mode in MODES:
        got = result(doc, mode)
        for share in got.shares:
            assert close(share.standalone, maintenance(only(doc, share.id), mode), 1e-12 * scale(doc))
            expected = got.head.maintenance_margin - maintenance(without(doc, share.id), mode)
            assert close(share.marginal, expected, 1e-11 * scale(doc)), (mode, share)


@pytest.mark.parametrize("seed", range(12))
def test_the_same_for_random_accounts(seed):
    doc = accounts.random_account(seed + 500)
    for mode in MODES:
        got = result(doc, mode)
        for share in got.shares:
            expected = got.head.maintenance_margin - maintenance(without(doc, share.id), mode)
            assert close(share.marginal, expected, 1e-11 * scale(doc)), (mode, share)


@half
@given(doc=some.accounts(), k=some.log_uniform(1.0 + 1e-9, 1.0 + 1e-6))
def test_euler_shares_of_portfolio_are_the_derivative_by_size(doc, k):
    """Where one row stays the worst, the charge is linear in each size: growing one leg grows it by its share."""
    got = result(doc, "portfolio")
    for share in got.shares:
        grown = changed(doc, positions=[leg | {"quantity": leg["quantity"] * (k if leg["id"] == share.id else 1.0)}
                                        for leg in doc["positions"]])
        rise = maintenance(grown, "portfolio") - got.head.maintenance_margin
        # the charge is convex in the sizes, so a share is a slope: never more than the rise
        assert rise >= (k - 1.0) * share.euler - 1e-11 * scale(doc), share


def test_shares_by_hand():
    # Long 3 and 1, short 2 of one perpetual at 100: net 2. Cross: 2.5 % of 200 = 5, to the longs 3 : 1.
    doc = document([perpetual(3.0, 100.0), perpetual(1.0, 100.0), perpetual(-2.0, 100.0)], 0)
    shares = {share.id: share for share in result(doc).shares}
    assert [share.euler for share in shares.values()] == pytest.approx([3.75, 1.25, 0.0])
    assert [share.standalone for share in shares.values()] == pytest.approx([7.5, 2.5, 5.0])
    assert [share.marginal for share in shares.values()] == pytest.approx([2.5, 2.5, -5.0])   # without the third: net 4
    # Portfolio: 16 % of 200 = 32 in the row −16 %; each leg its own loss there.
    assert [share.euler for share in result(doc, "portfolio").shares] == pytest.approx([48.0, 16.0, -32.0])


def test_the_waterfall_by_hand():
    # Two legs of one perpetual, 6 and −2 at 100; a future of −3 at 100; a short call far away worth nothing.
    doc = document([perpetual(6.0, 100.0), perpetual(-2.0, 100.0), future(-3.0, 100.0), call(9_000.0, -1.0, iv=0.1)], 0)
    steps = [(step.name, step.amount) for step in result(doc, "portfolio").steps]
    assert steps == [
        ("Each leg alone", pytest.approx(96 + 32 + 48 + 0.5)),              # 16 % of 600, 200, 300; 0.5 % of 100
        ("Netting within an instrument", pytest.approx(-64.0)),             # 600 and −200 become 400
        ("Offsets between instruments", pytest.approx(-96.5)),              # 64 + 48 + 0.5 become 16 % of 100
        ("Short option minimum", pytest.approx(0.0)),                       # 0.5 is below 16
        ("Hedged futures add-on", pytest.approx(1.5)),                      # 0.5 % of (700 − 100) ÷ 2
        ("Maintenance margin", pytest.approx(17.5)),
        ("On top for initial margin", pytest.approx(17.5 * 0.25)),
        ("Initial margin", pytest.approx(17.5 * 1.25)),
    ]


@pytest.mark.parametrize(("legs", "mode", "words"), [
    ([], "cross", "Nothing is held that needs margin."),
    ([call(100.0, 1.0)], "cross", "Nothing is held that needs margin."),
    ([perpetual(20_000.0, 100.0), perpetual(-1.0, 100.0, settlement="inverse")], "cross",
     "Largest part: BTC perpetual in the tier from 1,000,000, 5 % of 2,000,000 less 25,000."),
    ([call(120.0, -1.0)], "isolated", "Largest part: short BTC 2026-12-20 120 call, 7.5 % of the index price plus its mark."),
    ([put(80.0, -1.0)], "cross",
     "Largest part: short BTC 2026-12-20 80 put, 7.5 % of the lower of index price and strike plus its mark."),
    ([], "portfolio", "No scenario loses anything."),
    ([perpetual(-1.0, 100.0)], "portfolio", "Worst scenario: BTC +16 %, volatility up."),
    ([call(9_000.0, -1.0, iv=0.1)], "portfolio", "Worst scenario: BTC short option minimum."),
])
def test_the_worst_in_words(legs, mode, words):
    assert result(document(legs, 0), mode).worst == words


def test_components_are_named():
    doc = document([perpetual(2.0, 100.0), future(-1.0, 100.0), put(90.0, -1.0, mode="isolated")], 50)
    names = [[part.name for part in result(doc, mode).components] for mode in ("as_held", "portfolio")]
    assert names[0] == ["BTC future 2026-12-25", "BTC perpetual", "BTC 2026-12-20 90 put (p2)"]
    assert names[1] == ["BTC worst scenario: −16 %, volatility up", "BTC hedged futures and perpetuals"]
    inverse = result(document([future(-100.0, 100.0, settlement="inverse")], 50)).components
    assert [part.name for part in inverse] == ["BTC future 2026-12-25, inverse"]


@half
@given(doc=some.accounts())
def test_the_worst_scenario_in_words_is_the_oracles(doc):
    names, holding = {"up": "volatility up", "same": "volatility unchanged", "down": "volatility down"}, held(doc, "portfolio")
    worst = result(doc, "portfolio").worst
    for u, (move, volatility) in oracle.worst_rows(doc).items():
        charge = holding.now.charges[holding.account.underlyings.index(u)]
        if charge.scan[0] > charge.minimum[0] + 1e-9 * holding.size:
            sign = "+" if move > 0 else "−" if move < 0 else "±"
            assert f"{u} {sign}{abs(move) * 100:.4g} %, {names[volatility]}" in worst


@given(data=st.data())
@settings(max_examples=20)
def test_every_mode_of_the_table_explains_itself(data):
    doc = data.draw(books)
    for name, got in compared(doc).modes.items():
        assert (got.name, got.title) == (name, MODES[name].title)
        assert got.worst.endswith(".") and MODES[name].meaning.endswith(".")
