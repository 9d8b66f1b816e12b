"""A: what a book is worth, and what must not change it."""

import copy
import math

from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.account_value import option_value
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from tests.core import strategies as some
from tests.core.books import (
    NO_HAIRCUT,
    POOLED,
    cash,
    changed,
    close,
    coin,
    compared,
    document,
    equity,
    held,
    now,
    perpetual,
    regions,
    result,
    same_levels,
    scale,
    times,
    with_legs,
    with_more,
)

modes = st.sampled_from(POOLED)
every_mode = st.sampled_from(("as_held", "isolated", "cross", "portfolio"))


@given(mode=modes, books=some.two_books())
def test_A1_equity_is_additive(mode, books):
    a, b, both = books
    assert close(equity(both, mode), equity(a, mode) + equity(b, mode), 1e-12 * scale(both))


@given(mode=every_mode, amount=st.floats(0.0, 1e12), coins=st.floats(0.0, 1e6))
def test_A2_an_empty_book_has_its_cash_and_no_requirement(mode, amount, coins):
    got = result(document(collateral=[cash(amount), coin("BTC", coins)]), mode)
    assert close(got.head.equity, amount + 95.0 * coins, 1e-12 * (amount + 100.0 * coins))
    assert (got.head.initial_margin, got.head.maintenance_margin, got.head.maintenance_used) == (0.0, 0.0, 0.0)
    assert (got.liquidation["BTC"].regions, got.positions, got.components, got.shares) == ((), (), (), ())


def same_in_any_order(doc, order):
    mixed = copy.deepcopy(doc)
    for rows in (mixed["positions"], mixed["collateral"]):
        order.shuffle(rows)
    blocks = list(doc["market"]["underlyings"].items())
    order.shuffle(blocks)
    mixed["market"]["underlyings"] = dict(blocks)
    before, after = compared(doc).modes, compared(mixed).modes
    for mode in before:
        assert before[mode].head == after[mode].head and before[mode].pool == after[mode].pool
        assert dict(before[mode].liquidation) == dict(after[mode].liquidation)
        assert {leg.id: leg for leg in before[mode].positions} == {leg.id: leg for leg in after[mode].positions}
        assert {share.id: share for share in before[mode].shares} == {share.id: share for share in after[mode].shares}
        assert before[mode].steps == after[mode].steps


@given(doc=some.accounts(apart=True), order=st.randoms(use_true_random=False))
def test_A3_any_order_gives_bit_identical_figures(doc, order):
    same_in_any_order(doc, order)


@given(doc=some.accounts(book=some.lots, apart=True), order=st.randoms(use_true_random=False))
def test_A3_any_order_of_many_lots_of_few_instruments(doc, order):
    same_in_any_order(doc, order)


@given(mode=modes, doc=some.accounts(), share=st.floats(0.5, 0.99))
def test_A4_splitting_a_leg_changes_nothing(mode, doc, share):
    leg = doc["positions"][0]
    parts = leg["quantity"] * share, leg["quantity"] - leg["quantity"] * share   # add up exactly: share is at least a half
    split = with_legs(doc, [*(leg | {"quantity": part} for part in parts), *doc["positions"][1:]])
    tolerance = 1e-12 * scale(doc)
    assert all(close(x, y, tolerance) for x, y in zip(now(doc, mode), now(split, mode), strict=True))
    assert same_levels(regions(doc, mode), regions(split, mode))


@given(mode=every_mode, doc=some.accounts(apart=True), data=st.data())
def test_A5_a_disabled_leg_changes_nothing(mode, doc, data):
    idle = data.draw(some.futures(doc["market"]["underlyings"]) | some.options(doc["market"]["underlyings"]))
    more = with_more(doc, [idle | {"enabled": False}])
    before, after = result(doc, mode), result(more, mode)
    assert (before.head, before.positions, before.components) == (after.head, after.positions, after.components)
    assert {name: level for name, level in after.liquidation.items() if name in before.liquidation} == before.liquidation


@given(mode=modes, doc=some.accounts(), data=st.data())
def test_A5_a_pair_of_legs_that_cancel_needs_no_margin(mode, doc, data):
    leg = data.draw(some.futures(doc["market"]["underlyings"]) | some.options(doc["market"]["underlyings"]))
    more = with_more(doc, [leg, leg | {"quantity": -leg["quantity"]}])
    assert all(close(x, y, 1e-12 * scale(more)) for x, y in zip(now(doc, mode), now(more, mode), strict=True))


@given(mode=modes, doc=some.accounts(settlement="linear"), factor=some.log_uniform(0.3, 3.0))
def test_A6_entry_is_profit_only(mode, doc, factor):
    legs, paid = [], 0.0
    for leg in doc["positions"]:
        if leg["kind"] != "option":
            paid += leg["quantity"] * leg["entry_price"] * (factor - 1.0)   # a higher entry of a long loses what the cash gains
            leg = leg | {"entry_price": leg["entry_price"] * factor}
        legs.append(leg)
    moved = with_more(with_legs(doc, legs), collateral=[cash(paid)])
    tolerance = 1e-12 * max(scale(doc), scale(moved))
    assert all(close(x, y, tolerance) for x, y in zip(now(doc, mode), now(moved, mode), strict=True))


@given(mode=every_mode, doc=some.accounts(apart=True), amount=st.floats(-1e6, 1e6))
def test_A7_cash_moves_equity_and_nothing_else(mode, doc, amount):
    richer = with_more(doc, collateral=[cash(amount)])
    before, after = now(doc, mode), now(richer, mode)
    assert close(after[0], before[0] + amount, 1e-12 * (scale(doc) + abs(amount)))
    assert after[1:] == before[1:]


@given(mode=modes, doc=some.accounts(rules=NO_HAIRCUT, book=lambda market: st.lists(some.futures(market, kinds=("perpetual",)), min_size=1)),
       share=st.floats(0.05, 0.95))
def test_A8_closing_and_reopening_at_the_mark_changes_nothing(mode, doc, share):
    leg, name = doc["positions"][0], doc["positions"][0]["underlying"]
    mark, size = doc["market"]["underlyings"][name]["price"], leg["quantity"] * share
    if leg["settlement"] == "linear":
        realised = cash(size * (mark - leg["entry_price"]))
    else:
        realised = coin(name, size * (1.0 / leg["entry_price"] - 1.0 / mark))   # an inverse contract pays in coin
    legs = [leg | {"quantity": leg["quantity"] - size}, leg | {"quantity": size, "entry_price": mark}]
    again = with_legs(changed(doc, collateral=[*doc["collateral"], realised]), [*legs, *doc["positions"][1:]])
    tolerance = 1e-12 * max(scale(doc), scale(again))
    assert all(close(x, y, tolerance) for x, y in zip(now(doc, mode), now(again, mode), strict=True))
    assert same_levels(walked(regions(doc, mode), doc), walked(regions(again, mode), doc), rel=1e-7)


@given(market=some.underlyings(), data=st.data(), price=some.log_uniform(0.1, 10.0))
def test_A9_profit_of_one_is_loss_of_the_other_at_every_price(market, data, price):
    book = data.draw(some.legs(market))
    ours = document([leg | {"entry_price": leg.get("entry_price", 0.0)} for leg in book], 0, market)
    for doc in (ours, move_document(ours, WhatIf(price=price))):
        pnl = [leg.unrealised_pnl for leg in result(doc).positions]
        other = [leg.unrealised_pnl for leg in result(times(doc, -1.0)).positions]
        assert pnl == [-x for x in other] and equity(doc) == -equity(times(doc, -1.0))


@given(size=some.log_uniform(1e-3, 1e6), rate=st.floats(-0.01, 0.01), days=st.floats(0.1, 30.0),
       settlement=st.sampled_from(("linear", "inverse")))
def test_A9_funding_paid_by_one_is_received_by_the_other(size, rate, days, settlement):
    market = {"BTC": {"price": 100.0, "funding_8h": rate}}
    paid = [move_document(document([perpetual(q, 100.0, settlement=settlement)], 0, market), WhatIf(days=days))
            for q in (size, -size)]
    amounts = [math.fsum(row["amount"] for row in doc["collateral"]) for doc in paid]
    assert amounts[0] == -amounts[1]
    assert (amounts[0] < 0) == (rate > 0) or rate == 0          # a positive rate is paid by the long


def walked(levels, doc):
    """Levels of the underlyings the legs are on."""
    return {name: levels[name] for name in {leg["underlying"] for leg in doc["positions"]}}


def move_document(doc, what_if):
    return dict(move(read_document(doc), what_if).document)


@given(mode=every_mode, doc=some.accounts(settlement="linear", apart=True, names=("BTC",)), power=st.integers(-20, 20))
def test_A11_another_unit_of_price_and_size_changes_no_money_amount(mode, doc, power):
    unit = 2.0**power                                            # a power of two keeps every digit
    block = doc["market"]["underlyings"]["BTC"]
    other = block | {"price": block["price"] * unit}
    if "forwards" in block:
        other["forwards"] = [row | {"price": row["price"] * unit} for row in block["forwards"]]
    if isinstance(block["volatility"], list):
        other["volatility"] = [row | {"strike": row["strike"] * unit} for row in block["volatility"]]
    legs = [leg | {key: leg[key] * unit for key in ("entry_price", "strike") if key in leg}
            | {"quantity": leg["quantity"] / unit} for leg in doc["positions"]]
    coins = [row | {"amount": row["amount"] / (unit if row["asset"] == "BTC" else 1.0)} for row in doc["collateral"]]
    renamed = with_legs(changed(doc, collateral=coins, market={"underlyings": {"BTC": other}}), legs)
    before, after = result(doc, mode), result(renamed, mode)
    tolerance = 1e-12 * scale(doc)
    for name in ("equity", "initial_margin", "maintenance_margin"):
        assert close(getattr(before.head, name), getattr(after.head, name), tolerance)
    assert same_levels({name: level.regions for name, level in before.liquidation.items()},
                       {name: level.regions for name, level in after.liquidation.items()}, unit)


@given(doc=some.accounts(apart=True))
def test_A12_a_mode_regroups_equity_and_portfolio_adds_the_value_of_options(doc):
    tolerance = 1e-12 * scale(doc)
    cross = equity(doc)
    assert close(equity(doc, "isolated"), cross, tolerance) and close(equity(doc, "as_held"), cross, tolerance)
    account = held(doc, "portfolio").account
    value = math.fsum(account.book.quantity * option_value(account)[account.book.instrument])
    assert close(equity(doc, "portfolio"), cross + value, tolerance)


def test_A12_pledged_margin_leaves_the_pool():
    doc = document([perpetual(2.0, 100.0, mode="isolated", isolated_margin=30.0)], 100)
    got = result(doc, "as_held")
    assert (got.pool.equity, got.positions[0].equity, got.head.equity) == (70.0, 30.0, 100.0)


@given(mode=modes, doc=some.accounts(settlement="linear"), factor=some.log_uniform(0.5, 2.0))
def test_L14_entry_and_cash_moved_together_leave_the_levels(mode, doc, factor):
    legs = [leg if leg["kind"] == "option" else leg | {"entry_price": leg["entry_price"] * factor} for leg in doc["positions"]]
    paid = math.fsum(leg["quantity"] * leg["entry_price"] * (factor - 1.0)
                     for leg in doc["positions"] if leg["kind"] != "option")
    moved = with_more(with_legs(doc, legs), collateral=[cash(paid)])
    assert same_levels(regions(doc, mode), regions(moved, mode), rel=1e-7)


