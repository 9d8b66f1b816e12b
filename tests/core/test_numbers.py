"""N: what floats may and may not do to the figures."""

import copy
import json
import math
import threading
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core import output
from risk_core.errors import Refused, Unsettled
from risk_core.margin.charges import scan
from risk_core.margin.compare import compare
from risk_core.margin.figures import Figures
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read, read_document, write
from risk_core.portfolio.book import Collateral
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests import accounts
from tests.core import strategies as some
from tests.core.books import (
    call,
    cash,
    coin,
    compared,
    document,
    equity,
    future,
    maintenance,
    now,
    perpetual,
    put,
    result,
)


def shown(doc):
    return json.dumps(output.comparison(compared(doc), "file"), allow_nan=False)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 10**400, True, "12", None, [1.0]])
@pytest.mark.parametrize(("path", "place"), [
    ("positions[0].quantity", lambda doc: (doc["positions"][0], "quantity")),
    ("positions[0].entry_price", lambda doc: (doc["positions"][0], "entry_price")),
    ("collateral[0].amount", lambda doc: (doc["collateral"][0], "amount")),
    ("market.underlyings.BTC.price", lambda doc: (doc["market"]["underlyings"]["BTC"], "price")),
    ("market.underlyings.BTC.rate", lambda doc: (doc["market"]["underlyings"]["BTC"], "rate")),
])
def test_N1_a_number_that_is_none_is_refused_where_it_stands(path, place, bad):
    doc = document([perpetual(1.0, 100.0)], 10)
    holder, key = place(doc)
    holder[key] = bad
    with pytest.raises(Refused) as refused:
        read_document(doc)
    assert path in [problem.path for problem in refused.value.problems]


def test_N1_text_with_nan_infinity_or_overflow_is_refused():
    text = json.dumps(document([perpetual(1.0, 100.0)], 10))
    for bad in ("NaN", "Infinity", "-Infinity", "1e999", "-1E+400"):
        with pytest.raises(Refused, match=r"^positions\[0\].quantity: "):
            read(text.replace('"quantity": 1.0', f'"quantity": {bad}'))


def test_N1_a_figure_that_is_not_finite_is_never_shown():
    for bad in (math.nan, math.inf):
        with pytest.raises(Unsettled, match="a figure came out as"):
            output.figures(compare_head(bad))


def compare_head(value):
    return Figures(value, 1.0, 1.0)


def test_N1_no_negative_zero_is_shown():
    assert math.copysign(1.0, output.figures(compare_head(-0.0))["equity"]) == 1.0


@given(price=st.sampled_from((1e-8, 1e-4, 1.0, 1e7)),
       q=some.log_uniform(1e-8, 1e12), factor=st.floats(0.5, 2.0), moneyness=st.floats(0.7, 1.4))
def test_N5_extreme_prices_and_sizes_against_50_digits(price, q, factor, moneyness):
    legs = [perpetual(q, price * factor), put(price * moneyness, -q)]
    doc = document(legs, 0, {"BTC": {"price": price, "volatility": 0.6}})
    with mpmath.workdps(50):
        P, Q, K = mpmath.mpf(price), mpmath.mpf(q), mpmath.mpf(price * moneyness)
        v = mpmath.mpf(0.6) * mpmath.sqrt(mpmath.mpf(30) / 365)
        d1 = mpmath.log(P / K) / v + v / 2
        mark = K * mpmath.ncdf(v - d1) - P * mpmath.ncdf(-d1)
        required = Q * (mpmath.mpf("0.075") * min(P, K) + mark)
        for floor, rate, off in ((5e6, "0.10", 275_000), (1e6, "0.05", 25_000), (0, "0.025", 0)):
            if Q * P >= floor:
                required += mpmath.mpf(rate) * Q * P - off
                break
        gain = Q * (P - mpmath.mpf(price * factor))
    assert abs(equity(doc) - gain) <= 1e-12 * (q * price)
    assert abs(maintenance(doc) - required) <= 1e-12 * (q * price)
    assert abs(equity(doc, "portfolio") - (gain - Q * mark)) <= 1e-12 * (q * price)


@given(sizes=st.lists(st.floats(1e9, 1e12), min_size=2, max_size=40), entry=st.floats(0.5, 2.0))
def test_N6_a_hedged_book_of_huge_legs_cancels(sizes, entry):
    legs = [perpetual(q, entry) for q in sizes] + [perpetual(-q, entry) for q in sizes]
    doc = document([*legs, perpetual(1.0, 1.0)], 7, {"BTC": {"price": 1.25}})
    exact = Fraction(7) + Fraction(1.25) - 1
    assert abs(Fraction(equity(doc)) - exact) <= Fraction(1e-15) * Fraction(math.fsum(sizes) * 4) * len(legs)
    net = 1.0 if 1.0 > 1e-12 * (2 * math.fsum(sizes) + 1.0) else 0.0           # what is left within 1e-12 of the gross is 0
    assert maintenance(doc) == 0.025 * 1.25 * net


def test_N7_integers_do_not_wrap_around():
    doc = document([perpetual(2**53, 1)], [cash(2**59)], {"BTC": {"price": 3}})
    assert equity(doc) == 2.0**59 + 2.0**53 * 2
    for size in (2**61, 2**62, 2**63):
        assert equity(document([perpetual(size, 1)], 0, {"BTC": {"price": 3}})) == size * 2.0
        with pytest.raises(Refused, match="is too large: sizes"):
            compared(document([perpetual(size * 2**20, 1)], 0, {"BTC": {"price": 3}}))


@pytest.mark.parametrize(("doc", "reason"), [
    (document([perpetual(1e308, 1.0)], 0), r"^positions\[0\].quantity: 1e\+308: must not exceed 1e\+30 in size"),
    (document([perpetual(1.0, 1e-320)], 0), r"^positions\[0\].entry_price: 1e-320: must be at least 1e-30 in size"),
    (document([perpetual(1e-31, 1.0)], 0), r"^positions\[0\].quantity: 1e-31: must be at least 1e-30 in size"),
    (document((), [cash(-1e31)]), r"^collateral\[0\].amount: -1e\+31: must not exceed 1e\+30 in size"),
    (document([perpetual(1e30, 1.0)], 0, {"BTC": {"price": 1e30}}), r"^\$: .*e\+60: is too large: sizes"),
    (document([future(1.0, 1.0, seconds=200 * 365 * 86_400)], 0, {"BTC": {"price": 1.0, "rate": 0.9}}),
     r"^market.underlyings.BTC.rate: 0.9: times 200 years to expiry must lie within ±100"),
])
def test_N7_products_that_would_overflow_are_refused(doc, reason):
    with pytest.raises(Refused, match=reason):
        compared(doc)


@given(doc=some.accounts(apart=True, names=some.COINS))
def test_N8_an_account_survives_its_file(doc):
    account = read_document(doc)
    again = read(write(account))
    assert again.document == account.document == doc and again.digest == account.digest
    assert write(again) == write(account)
    rulebook = load.load("generic")
    assert compare(again, rulebook).modes == compare(account, rulebook).modes


def test_N8_an_account_knows_its_name_and_rules():
    account = read_document(document() | {"name": "Carry"})
    assert (account.name, account.rules, read_document(document()).name) == ("Carry", "generic", "")
    bare = document()
    del bare["rules"]
    assert read_document(bare).rules == load.DEFAULT


def test_N8_the_hash_ignores_order_of_keys_and_spacing_but_no_value():
    doc = document([perpetual(1.0, 100.0)], 10)
    mixed = {key: doc[key] for key in reversed(doc)}
    assert read(json.dumps(mixed, indent=7)).digest == read_document(doc).digest
    assert read_document(doc | {"name": "x"}).digest != read_document(doc).digest


@given(doc=some.accounts())
def test_N9_a_warm_cache_changes_nothing(doc):
    warm = shown(doc)
    scan.rows.cache_clear()
    for kept in (load.names, load.load, load._overridden):
        kept.cache_clear()
    assert shown(doc) == warm


@given(doc=some.accounts(apart=True))
def test_N10_nothing_that_comes_in_is_changed(doc):
    before = copy.deepcopy(doc)
    account = read_document(doc)
    rulebook = load.load("generic")
    states = np.full((3, len(account.underlyings)), 1.1)
    states.setflags(write=False)
    compare(account, rulebook)
    for mode in MODES.values():
        margin(hold(account, rulebook.rules, mode), states)
    move(account, WhatIf(price=0.9, volatility=1.2, days=3.0))
    assert doc == before and account.document == before


def test_N10_columns_are_read_only():
    account = read_document(document([perpetual(1.0, 100.0), call(100.0, 1.0)], 10))
    for record in (account.book, account.instruments, account.collateral):
        for column in vars(record).values():
            if isinstance(column, np.ndarray):
                with pytest.raises(ValueError, match="read-only"):
                    column[0] = 1
    with pytest.raises(AttributeError):
        account.book.quantity = np.zeros(2)


def test_columns_must_be_aligned():
    with pytest.raises(ValueError, match="unequal length"):
        Collateral(("USD",), np.zeros(2), np.ones(1), np.zeros(1, dtype=np.int64))


def test_N11_eight_threads_with_different_books_give_the_answers_of_one():
    docs = [accounts.random_account(seed) for seed in range(24)]
    expected, got = [shown(doc) for doc in docs], {}
    start = threading.Barrier(8)

    def work(first):
        start.wait()
        for i in range(first, len(docs), 8):
            got[i] = shown(docs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[i] for i in range(len(docs))] == expected


def test_N12_strictness_at_the_edge():
    # One ulp under a buffer of 0 is within 1e-12 of the gross size and safe, 1e-11 is not.
    for short, liquidated in ((0.0, False), (1e-13, False), (1e-11, True)):
        doc = document([perpetual(10.0, 100.0)], 25.0 * (1.0 - short * 41.0))      # 25 × 41 = gross size 1,025
        got = result(doc)
        assert got.liquidation["BTC"].now is liquidated and bool(got.buckets_liquidated) is liquidated


@pytest.mark.parametrize(("doc", "used"), [
    (document([perpetual(10.0, 100.0)], 50), 0.5),                        # 25 ÷ 50
    (document((), 50), 0.0),
    (document((), 0), 0.0),
    (document([perpetual(10.0, 100.0)], 0), None),                        # equity 0 < maintenance
    (document([perpetual(10.0, 100.0)], -5), None),
    (document([call(100.0, 1.0)], -5), 0.0),                              # nothing is required
])
def test_maintenance_used(doc, used):
    assert result(doc).head.maintenance_used == used


def test_head_figures_by_hand():
    # 100 USD, 2 coins at 95 %: 100 + 190; long 10 at 90 gains 100; maintenance 25, initial 50.
    got = result(document([perpetual(10.0, 90.0)], [cash(100), coin("BTC", 2.0)]))
    head = got.head
    assert (head.equity, head.initial_margin, head.maintenance_margin, head.buffer, head.available) == (390, 50, 25, 365, 340)
    leg = got.positions[0]
    assert (leg.notional, leg.unrealised_pnl, leg.initial_margin, leg.maintenance_margin) == (1000, 100, 50, 25)
    assert (leg.pledged, leg.equity, leg.buffer) == (None, None, None)


@pytest.mark.parametrize(("amount", "counted"), [
    ([coin("BTC", 2.0)], 190.0), ([coin("BTC", -2.0)], -200.0), ([coin("SHIB", 1000.0)], 8.0), ([coin("SHIB", -1000.0)], -10.0),
    ([coin("USDT", 10.0)], 9.9), ([coin("BTC", 3.0), coin("BTC", -2.0)], 95.0),      # added before the haircut
    ([coin("ETH", 1.0), cash(1.0)], 48.5),
])
def test_collateral_counts_after_its_haircut_and_debts_in_full(amount, counted):
    doc = document((), amount, {"BTC": {"price": 100.0}, "ETH": {"price": 50.0}}, assets={"SHIB": 0.01, "USDT": 0.99})
    assert equity(doc) == pytest.approx(counted, rel=1e-14)


def test_legs_on_the_side_of_the_net_share_its_margin():
    legs = [perpetual(6.0, 100.0), perpetual(2.0, 90.0), perpetual(-4.0, 100.0)]
    got = result(document(legs, 100))
    assert [leg.maintenance_margin for leg in got.positions] == pytest.approx([10 * 0.75, 10 * 0.25, 0.0])   # 2.5 % of 400
    flat = result(document([perpetual(4.0, 100.0), perpetual(-4.0, 100.0)], 100))
    assert [leg.maintenance_margin for leg in flat.positions] == [0.0, 0.0]


def test_unrealised_profit_of_every_kind():
    market = {"BTC": {"price": 110.0, "volatility": 1e-9}}
    legs = [perpetual(2.0, 100.0), perpetual(-300.0, 100.0, settlement="inverse"), future(1.0, 120.0, mark_price=115.0),
            call(100.0, 3.0, entry_price=4.0), put(121.0, -2.0, settlement="inverse", entry_price=0.05), call(105.0, 1.0)]
    pnl = [leg.unrealised_pnl for leg in result(document(legs, 0, market)).positions]
    # 2 × 10; −300 × (110 ÷ 100 − 1); 115 − 120; 3 × (10 − 4); −2 × (11 ÷ 110 − 0.05) × 110; no entry, none
    assert pnl[:5] == pytest.approx([20.0, -30.0, -5.0, 18.0, -11.0]) and pnl[5] is None


def test_now_is_a_margin_of_one_state():
    doc = document([perpetual(10.0, 100.0)], 50)
    assert now(doc, "cross") == (50.0, 50.0, 25.0)
