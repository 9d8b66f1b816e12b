"""A liquidation played out: laws of its steps under every sequence, and a slow scalar twin of two of them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.liquidation.buffered import buffered
from risk_core.liquidation.order_prices import bankruptcy_prices, limit_prices, net_maintenance, quote_deltas
from risk_core.liquidation.partial import partial
from risk_core.liquidation.sequences import SEQUENCES
from risk_core.margin.account_value import option_value
from risk_core.margin.compare import compare
from risk_core.margin.netting import POOL
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.liquidation import LiquidationRules
from tests.core import strategies
from tests.core.books import cash, coin, document, equity, held, leg_figures, perpetual, scale, single_rate

BASES = {"all at once": "value closed", "share of all": "maintenance of the closed part", "first share": "value closed",
         "step down tiers": "value at bankruptcy", "until safe": "value closed", "auction": "equity closed"}
MODES = ("as_held", "isolated", "cross", "portfolio")


def rules(base="generic", **liquidation):
    """`base` with how it liquidates."""
    override = {} if isinstance(base, str) else base["override"]
    return {"base": "generic", "override": {**override, "liquidation": liquidation}}


def run(doc, mode="cross"):
    account = read_document(doc)
    return partial(account, load.resolve(account.rules), mode)


def sizes(account):
    return dict(zip(account.book.ids, account.book.quantity.tolist(), strict=True))


CONVENTIONS = (
    {}, {"tiers": {"by": "underlying"}}, {"tiers": {"style": "whole", "measure": "size"}}, {"tiers": {"measure": "coins"}},
    {"tiers": {"maintenance_at": "entry"}}, {"futures": {"sides": "both", "pledge": "coin"}},
    {"fees": {"closing_rate": 0.001, "closing_on": "bankruptcy price", "closing_in": "margin"}},
)


@st.composite
def strained(draw):
    """An account with little collateral under one of the sequences and conventions, and a mode."""
    sequence = draw(st.sampled_from(sorted(SEQUENCES)))
    chosen = rules(sequence=sequence, fee_on=BASES[sequence], fee_rate=draw(st.sampled_from((0.0, 0.002, 0.01, 0.5))),
                   step_share=draw(st.sampled_from((0.1, 0.2, 0.5))), target_ratio=draw(st.sampled_from((0.9, 1.0))),
                   step_tiers=draw(st.sampled_from((1.0, 2.0))), auction_buffer=draw(st.sampled_from((0.0, 0.15))),
                   takeover_ratio=draw(st.sampled_from((0.0, 0.667))), whole_up_to=draw(st.sampled_from((0.0, 1e5))))
    chosen["override"] |= draw(st.sampled_from(CONVENTIONS))
    doc = draw(strategies.accounts(rules=chosen, apart=True))
    for row in doc["collateral"]:
        row["amount"] *= draw(st.sampled_from((0.01, 0.1, 1.0)))
    return doc, draw(st.sampled_from(MODES))


# Laws -------------------------------------------------------------------------------------------------------------

@given(strained())
def test_L21_a_step_shrinks_legs_lowers_maintenance_and_costs_what_it_says(drawn):
    doc, mode = drawn
    before = read_document(doc)
    for step in run(doc, mode):
        slack = 1e-9 * (scale(doc) + abs(step.before.equity))
        old, new = sizes(before), sizes(step.account)
        assert step.closed and new.keys() <= old.keys()
        for part in step.closed:
            left = new.get(part.id, 0.0)
            assert left * old[part.id] >= 0 and abs(left) < abs(old[part.id])
            assert math.isclose(left + part.quantity, old[part.id], rel_tol=1e-12)
        assert all(new[name] == old[name] for name in new if name not in {part.id for part in step.closed})
        assert step.after.maintenance_margin <= step.before.maintenance_margin + slack
        assert step.fee >= 0 and step.insurance >= 0 and not (step.fee and step.insurance)
        paid = 0.0 if counts_options(before, mode) else options_paid(before, step)
        expected = step.before.equity + paid - step.fee + step.insurance
        assert math.isclose(step.after.equity, expected, rel_tol=1e-9, abs_tol=slack)
        before = step.account


def counts_options(account, mode):
    return held(dict(account.document), mode).counts_option_value


def options_paid(account, step):
    unit = dict(zip(account.book.ids, option_value(account)[account.book.instrument], strict=True))
    return math.fsum(part.quantity * unit[part.id] for part in step.closed)


@given(strained())
def test_L21_a_liquidation_ends_safe_or_with_everything_closed(drawn):
    doc, mode = drawn
    account = read_document(doc)
    result = compare(account, load.resolve(account.rules), [mode]).modes[mode]
    steps = run(doc, mode)
    assert {step.who for step in steps} <= set(result.buckets_liquidated)
    assert set(result.buckets_liquidated) - {POOL_ID} <= {step.who for step in steps}
    if not steps:
        return
    after = compare(steps[-1].account, load.resolve(account.rules), [mode]).modes[mode]
    touched = {step.who for step in steps}
    still_held = {leg.id for leg in after.positions}
    for who in touched & set(after.buckets_liquidated):
        legs = {who} if who else {row["id"] for row in doc["positions"] if pooled(row, mode)}
        assert not legs & still_held


def pooled(row, mode):
    return mode in {"cross", "portfolio"} or (mode == "as_held" and row.get("mode") != "isolated")


@given(strained())
def test_each_step_starts_where_the_account_before_it_stands(drawn):
    doc, mode = drawn
    steps = run(doc, mode)
    for step, following in zip(steps, steps[1:], strict=False):
        if step.who == following.who:
            assert step.after == following.before
    if steps and steps[-1].who == POOL_ID:
        account = steps[-1].account
        result = compare(account, load.resolve(account.rules), [mode]).modes[mode]
        own = result.pool or result.head
        assert (own.equity, own.maintenance_margin) == (steps[-1].after.equity, steps[-1].after.maintenance_margin)


@given(strategies.accounts(), st.sampled_from(sorted(SEQUENCES)), st.sampled_from(("cross", "portfolio")))
def test_a_fully_funded_account_closes_nothing(doc, sequence, mode):
    rich = doc | {"rules": rules(sequence=sequence), "collateral": [*doc["collateral"], cash(100 * scale(doc))]}
    assert run(rich, mode) == ()


@given(strained())
def test_without_a_fee_only_options_and_the_insurance_fund_move_equity(drawn):
    doc, mode = drawn
    doc["rules"]["override"]["liquidation"] |= {"fee_rate": 0.0, "takeover_ratio": 0.0}
    doc["positions"] = [row for row in doc["positions"] if row["kind"] != "option"]
    steps = run(doc, mode)
    if steps:
        after = equity(dict(steps[-1].account.document), mode)
        assert math.isclose(after, equity(doc, mode) + sum(step.insurance for step in steps), abs_tol=1e-9 * scale(doc))


# Twins ------------------------------------------------------------------------------------------------------------

@st.composite
def linear_books(draw):
    """Linear perpetuals of different underlyings under one rate: sizes, marks, entries, cash, rate, fee, step."""
    count = draw(st.integers(1, 4))
    book = [{"name": f"C{i}", "mark": draw(st.floats(1.0, 1e4)), "size": draw(st.floats(-50.0, 50.0).filter(lambda q: abs(q) > 0.1))}
            for i in range(count)]
    for leg in book:
        leg["entry"] = leg["mark"] * draw(st.floats(0.8, 1.25))
    notional = sum(abs(leg["size"]) * leg["mark"] for leg in book)
    return book, notional * draw(st.floats(-0.02, 0.25)), draw(st.sampled_from((0.01, 0.05))), draw(st.sampled_from((0.0, 0.003)))


def as_account(book, money, rate, **liquidation):
    legs = [perpetual(leg["size"], leg["entry"], leg["name"]) for leg in book]
    market = {leg["name"]: {"price": leg["mark"]} for leg in book}
    return document(legs, money, market, single_rate(2 * rate, rate, liquidation=liquidation))


def until_safe_by_hand(book, money, rate, fee_rate, step):
    """One position after the other, a step of its first size at a time; [(name, closed, fee)], and the equity left."""
    book = [dict(leg, first=leg["size"]) for leg in book]
    done, insured = [], 0.0
    while book:
        equity_now = money + sum(leg["size"] * (leg["mark"] - leg["entry"]) for leg in book)
        needed = [rate * abs(leg["size"]) * leg["mark"] for leg in book]
        if sum(needed) <= equity_now if not done else sum(needed) < equity_now:
            break
        assume(not done or abs(equity_now) > 1e-9 * sum(needed))  # after a fee that took all, rounding decides
        if equity_now < 0:
            return done, None
        leg = book[needed.index(max(needed))]
        part = step * leg["first"]
        if abs(leg["size"]) <= abs(part) * (1 + 1e-6):
            part = leg["size"]
            book.remove(leg)
        fee = min(fee_rate * abs(part) * leg["mark"], equity_now)
        money += part * (leg["mark"] - leg["entry"]) - fee
        leg["size"] -= part
        done.append((leg["name"], part, fee))
    return done, money + insured + sum(leg["size"] * (leg["mark"] - leg["entry"]) for leg in book)


@given(linear_books(), st.sampled_from((0.1, 0.25, 0.5)))
def test_until_safe_is_what_a_loop_over_the_book_does(drawn, step):
    book, money, rate, fee_rate = drawn
    expected, left = until_safe_by_hand(book, money, rate, fee_rate, step)
    steps = run(as_account(book, money, rate, sequence="until safe", step_share=step, fee_rate=fee_rate))
    names = {f"p{i}": leg["name"] for i, leg in enumerate(book)}
    found = [(names[part.id], part.quantity, one.fee) for one in steps for part in one.closed]
    if left is None:
        assert steps[-1].insurance > 0 and sizes(steps[-1].account) == {}
        found = found[:len(expected)]
    else:
        assert len(found) == len(expected)
        assert not steps or math.isclose(steps[-1].after.equity, left, rel_tol=1e-7, abs_tol=1e-6)
    for (name, part, fee), (found_name, found_part, found_fee) in zip(expected, found, strict=True):
        assert name == found_name and math.isclose(part, found_part, rel_tol=1e-6)
        assert math.isclose(fee, found_fee, rel_tol=1e-6, abs_tol=1e-9)


@given(linear_books(), st.sampled_from((0.1, 0.2, 0.5)), st.sampled_from((0.0, 0.5, 0.7)))
def test_share_of_all_is_the_smallest_multiple_that_suffices(drawn, step, penalty):
    book, money, rate, _ = drawn
    steps = run(as_account(book, money, rate, sequence="share of all", step_share=step, target_ratio=0.9,
                           fee_rate=penalty, fee_on="maintenance of the closed part"))
    have = money + sum(leg["size"] * (leg["mark"] - leg["entry"]) for leg in book)
    need = sum(rate * abs(leg["size"]) * leg["mark"] for leg in book)
    if not steps:
        assert have >= need * (1 - 1e-9)
        return
    share = abs(steps[0].closed[0].quantity / book[int(steps[0].closed[0].id[1:])]["size"])
    enough = [n for n in range(1, round(1 / step)) if need * (1 - n * step) < 0.9 * (have - n * step * penalty * need)]
    assert math.isclose(share, min(enough) * step if enough and have >= 0 else 1.0, rel_tol=1e-9)
    assert len(steps) == 1


# Sequences in particular ------------------------------------------------------------------------------------------

THREE = [{"from": start, "initial": 2 * rate, "maintenance": rate} for start, rate in ((0, 0.01), (1e4, 0.02), (1e5, 0.05))]


def long_of(notional, money, **liquidation):
    """A long at 100 bought at 100, tiers from 0, 10,000 and 100,000."""
    override = {"tiers": {"steps": THREE}, "liquidation": liquidation}
    return document([perpetual(notional / 100.0, 100.0)], money, rules={"base": "generic", "override": override})


def test_a_position_steps_down_one_tier_at_a_time_until_it_is_safe():
    steps = run(long_of(2e5, 1_500.0, sequence="step down tiers"))
    left = [100.0 * step.account.book.quantity[0] for step in steps]
    assert left == pytest.approx([1e5, 1e4], rel=1e-8) and all(size < floor for size, floor in zip(left, (1e5, 1e4), strict=True))


def test_two_tiers_at_a_time_reach_the_lowest_in_one_step():
    (step,) = run(long_of(2e5, 1_500.0, sequence="step down tiers", step_tiers=2.0))
    assert step.account.book.quantity[0] * 100.0 == pytest.approx(1e4, rel=1e-8)


def test_from_the_lowest_tiers_a_position_is_closed_whole():
    (step,) = run(long_of(5e4, 100.0, sequence="step down tiers", step_tiers=2.0))
    assert len(step.account.book.ids) == 0


def test_a_first_share_then_the_rest():
    steps = run(long_of(2e5, 2_000.0, sequence="first share", step_share=0.2, whole_up_to=1e5))
    assert [step.closed[0].quantity for step in steps] == pytest.approx([400.0, 1_600.0])


def test_a_position_up_to_the_threshold_is_not_split():
    (step,) = run(long_of(9e4, 100.0, sequence="first share", step_share=0.2, whole_up_to=1e5))
    assert len(step.account.book.ids) == 0


def test_below_the_takeover_ratio_the_backstop_keeps_what_is_left():
    (step,) = run(long_of(2e5, 2_000.0, sequence="first share", takeover_ratio=2 / 3))
    assert step.fee == 2_000.0 and step.after.equity == 0.0 and len(step.account.book.ids) == 0


def test_an_auction_brings_the_account_beyond_maintenance_by_its_buffer():
    doc = document([perpetual(1.0, 1_000.0)], 40.0, {"BTC": {"price": 1_000.0}}, single_rate(
        0.1, 0.05, liquidation={"sequence": "auction", "auction_buffer": 0.15, "fee_on": "equity closed"}))
    (step,) = run(doc)
    assert step.after.equity == pytest.approx(1.15 * step.after.maintenance_margin)


def test_an_isolated_leg_gives_back_what_is_left_and_leaves_the_others_alone():
    legs = [perpetual(1.0, 110.0, mode="isolated", isolated_margin=11.0), perpetual(1.0, 100.0, mode="isolated",
                                                                                      isolated_margin=50.0)]
    doc = document(legs, 100.0)
    (step,) = run(doc, "as_held")
    assert step.who == "p0" and sizes(step.account) == {"p1": 1.0}
    assert equity(dict(step.account.document), "as_held") == pytest.approx(equity(doc, "as_held"))
    before, after = (leg_figures(one, "as_held", "p1") for one in (doc, dict(step.account.document)))
    assert (after.pledged, after.equity, after.buffer) == (before.pledged, before.equity, before.buffer)
    assert after.liquidation_price == pytest.approx(before.liquidation_price, rel=1e-12)


def test_the_insurance_fund_makes_up_what_a_bankrupt_leg_lacks():
    doc = document([perpetual(1.0, 120.0, mode="isolated", isolated_margin=5.0)], 100.0)
    (step,) = run(doc, "as_held")
    assert step.insurance == pytest.approx(15.0) and step.after.equity == 0.0 and step.fee == 0.0
    assert equity(dict(step.account.document), "as_held") == pytest.approx(95.0)


# Prices of the orders, and figures while they run -------------------------------------------------------------------

@given(linear_books())
def test_closing_all_at_bankruptcy_prices_leaves_nothing(drawn):
    book, money, rate, _ = drawn
    holding = held(as_account(book, money, rate), "cross")
    received = quote_deltas(holding, np.ones(len(book))).sum()
    bought = sum(leg["size"] * leg["entry"] for leg in book)
    assert math.isclose(money - bought + received, 0.0, abs_tol=1e-9 * scale(as_account(book, money, rate)))


def test_a_lone_inverse_leg_is_bankrupt_at_the_price_the_search_finds():
    doc = document([perpetual(1_000.0, 100.0, settlement="inverse")], [coin("BTC", 1.0)], rules=single_rate(0.02, 0.01))
    own = float(bankruptcy_prices(held(doc, "cross"))[0])
    assert own == pytest.approx(leg_figures(doc, "cross").bankruptcy_price, rel=1e-12) and own < 100.0


@given(linear_books())
def test_a_limit_price_lies_between_the_mark_and_its_largest_distance(drawn):
    book, money, rate, _ = drawn
    holding = held(as_account(book, money, rate, spread_to_maintenance=0.1, bankruptcy_adjustment=2.0), "cross")
    ins, nets = holding.account.instruments, holding.nets
    mark, side = ins.mark[nets.instrument], np.sign(nets.quantity)
    off = side * (mark - limit_prices(holding)) / mark
    assert (off >= -1e-12).all() and (off <= 0.1 * rate * (1 + 1e-9)).all()
    if holding.now.equity[0, POOL] >= holding.now.maintenance[0, POOL]:
        assert (off == 0).all()


def test_positions_charged_together_have_no_bankruptcy_price_of_their_own():
    with pytest.raises(ValueError, match="charged together"):
        net_maintenance(held(document([perpetual(1.0, 100.0)], 10.0), "portfolio"))


@given(strategies.accounts(apart=True), st.sampled_from(("as_held", "cross")))
def test_without_a_buffer_a_liquidation_measures_the_same_excess(doc, mode):
    holding = held(doc, mode)
    now, found = holding.now, buffered(holding)
    excess = now.equity[0] - now.maintenance[0]
    assert np.allclose(found.collateral - found.requirement, excess, rtol=1e-9, atol=1e-9 * scale(doc))


@given(strategies.accounts(apart=True), st.floats(0.01, 0.5))
def test_a_buffer_only_takes_away(doc, buffer):
    plain, wider = buffered(held(doc, "as_held")), buffered(held(doc | {"rules": rules(rate_buffer=buffer)}, "as_held"))
    slack = 1e-9 * scale(doc)
    assert (wider.collateral <= plain.collateral + slack).all() and (wider.requirement >= plain.requirement - slack).all()


@pytest.mark.parametrize(("liquidation", "rule"), [
    ({"step_tiers": 1.5}, "step_tiers 1.5 must be a whole number of tiers"),
    ({"fee_on": "equity closed"}, "fee_on equity closed needs sequence auction, which sells a share of the account"),
])
def test_liquidation_rules_that_cannot_be_are_refused(liquidation, rule):
    with pytest.raises(Refused, match=rule):
        load.resolve(rules(**liquidation))


@pytest.mark.parametrize("bad", [{"step_share": 0.0}, {"target_ratio": 1.2}, {"fee_rate": -0.1}, {"sequence": "sideways"}])
def test_a_value_out_of_range_is_refused_by_its_name(bad):
    with pytest.raises(Refused) as refused:
        load.resolve(rules(**bad))
    assert [problem.path for problem in refused.value.problems] == [f"rules.override.liquidation.{next(iter(bad))}"]


SHORT = 1_500.0
"""Collateral at which the long of 200,000 is far below its maintenance margin."""
MOVED = {
    "sequence": ({}, {"sequence": "until safe"}),
    "step_share": ({"sequence": "until safe"}, {"step_share": 0.5}),
    "step_tiers": ({"sequence": "step down tiers"}, {"step_tiers": 2.0}),
    "target_ratio": ({"sequence": "until safe", "step_share": 0.05}, {"target_ratio": 0.5}),
    "whole_up_to": ({"sequence": "first share"}, {"whole_up_to": 1e6}),
    "takeover_ratio": ({"sequence": "until safe"}, {"takeover_ratio": 1.0}),
    "fee_rate": ({}, {"fee_rate": 0.001}),
    "fee_on": ({"fee_rate": 0.01}, {"fee_on": "maintenance of the closed part"}),
    "rate_buffer": ({"sequence": "until safe", "step_share": 0.05}, {"rate_buffer": 0.05}),
    "auction_buffer": ({"sequence": "auction"}, {"auction_buffer": 0.15}),
    "spread_to_maintenance": ({}, {"spread_to_maintenance": 1.0}),
    "bankruptcy_adjustment": ({}, {"bankruptcy_adjustment": 0.5}),
}


def outcome(liquidation):
    """What is closed, what it costs, and the limit price of the order."""
    doc = long_of(2e5, SHORT, **liquidation)
    return [(step.closed, step.fee) for step in run(doc)], limit_prices(held(doc, "cross")).tolist()


@pytest.mark.parametrize("key", LiquidationRules.model_fields)
def test_E4_every_parameter_of_a_liquidation_changes_what_happens(key):
    base, moved = MOVED[key]
    assert outcome(base) != outcome({**base, **moved})
