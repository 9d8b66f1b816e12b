"""S: portfolio margin as the worst of scenario rows, mostly without the add-ons (plain PM)."""

import math

import numpy as np
import pytest
from hypothesis import given, note, target
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.margin.charges import scan
from risk_core.margin.holding import margin
from risk_core.rulebooks import load
from tests import oracle
from tests.core import strategies as some
from tests.core.books import (
    DAY,
    PLAIN,
    call,
    cash,
    changed,
    close,
    coin,
    document,
    equity,
    future,
    held,
    maintenance,
    now,
    perpetual,
    put,
    result,
    scale,
    times,
    with_more,
)


def pm(doc):
    return maintenance(doc, "portfolio")


def ruled(doc, **portfolio):
    """The account under plain PM with some portfolio keys replaced."""
    override = PLAIN["override"]["portfolio"] | portfolio
    return changed(doc, rules={"base": "generic", "override": {"portfolio": override}})


def charges(doc):
    holding = held(doc, "portfolio")
    return margin(holding, np.ones((1, len(holding.account.underlyings))), 1e-9 * holding.size).charges


def mixed(a, b, t):
    """t A + (1 - t) B in one pool."""
    return with_more(times(a, t), times(b, 1.0 - t)["positions"], times(b, 1.0 - t)["collateral"])


@given(books=some.two_books(rules=PLAIN))
def test_S1_plain_PM_is_subadditive(books):
    a, b, both = books
    assert pm(both) <= pm(a) + pm(b) + 1e-12 * scale(both)


@given(doc=some.accounts(rules=PLAIN), k=some.log_uniform(1e-3, 1e3))
def test_S2_plain_PM_is_homogeneous(doc, k):
    assert close(pm(times(doc, k)), k * pm(doc), 1e-12 * k * scale(doc))


@given(doc=some.accounts(), k=some.log_uniform(1e-3, 1e3))
def test_S2_so_are_the_minimum_and_the_hedged_add_on(doc, k):
    assert close(pm(times(doc, k)), k * pm(doc), 1e-12 * k * scale(doc))


@given(books=some.two_books(rules=PLAIN), t=st.floats(0.01, 0.99))
def test_S3_plain_PM_is_convex(books, t):
    a, b, both = books
    assert pm(mixed(a, b, t)) <= t * pm(a) + (1 - t) * pm(b) + 1e-12 * scale(both)


@given(doc=some.accounts(rules=PLAIN))
def test_S4_plain_PM_is_at_most_the_sum_of_the_legs_alone(doc):
    alone = [pm(changed(doc, positions=[leg])) for leg in doc["positions"]]
    assert pm(doc) <= math.fsum(alone) + 1e-12 * scale(doc)


@given(doc=some.accounts(rules=PLAIN))
def test_S4_and_at_most_the_isolated_margins_where_each_of_those_covers_its_leg(doc):
    legs = doc["positions"]
    if all(maintenance(changed(doc, positions=[leg]), "isolated") >= pm(changed(doc, positions=[leg])) for leg in legs):
        assert pm(doc) <= maintenance(doc, "isolated") + 1e-12 * scale(doc)


@given(doc=some.accounts(rules=PLAIN))
def test_S5_a_book_and_its_opposite_need_nothing(doc):
    both = with_more(doc, times(doc, -1.0)["positions"])
    assert pm(both) == 0.0


@given(doc=some.accounts(rules=PLAIN), more=st.lists(st.floats(-0.5, 1.0), min_size=1, max_size=4, unique=True))
def test_S6_more_scenarios_never_lower_the_charge(doc, more):
    grid = load.load("generic").rules.portfolio.moves
    finer = ruled(doc, moves=sorted({*grid, *more}))
    extended = ruled(doc, extended_rows=[{"move": x, "volatility": "up", "weight": 0.35} for x in more])
    assert pm(finer) >= pm(doc) and pm(extended) >= pm(doc)


@given(doc=some.accounts(rules=PLAIN), amount=st.floats(-1e6, 1e6))
def test_S7_cash_leaves_the_charge(doc, amount):
    richer = with_more(doc, collateral=[cash(amount)])
    assert pm(richer) == pm(doc)
    assert close(equity(richer, "portfolio"), equity(doc, "portfolio") + amount, 1e-12 * (scale(doc) + abs(amount)))


@given(doc=some.accounts(rules=PLAIN), data=st.data())
def test_S8_a_gift_that_is_never_worth_less_than_nothing_never_hurts(doc, data):
    market = doc["market"]["underlyings"]
    gift = data.draw(some.options(market, sign=st.just(1.0)))
    coins = coin("BTC", data.draw(st.floats(0.0, 1e3)))
    richer = with_more(doc, [gift], [coins])
    slack = [e - m for e, _, m in (now(doc, "portfolio"), now(richer, "portfolio"))]   # min over rows of stressed equity
    assert slack[1] >= slack[0] - 1e-12 * scale(richer)


@given(books=some.two_books(rules=PLAIN))
def test_S9_the_charge_differs_by_no_more_than_the_worst_difference_of_the_rows(books):
    """Dominance is the case where no row of A loses more than the row of B."""
    a, b, both = books
    for name in a["market"]["underlyings"]:
        rows_a, rows_b, pm_a, pm_b = (f(doc, name) for f in (losses, charge_of) for doc in (a, b))
        assert pm_a - pm_b <= max(x - y for x, y in zip(rows_a, rows_b, strict=True)) + 1e-12 * scale(both)


def losses(doc, name):
    pool = oracle.make_buckets(oracle.make_book(doc), "portfolio")[0]
    return [-profit for profit in oracle.scan_rows(pool.nets.get(name, []), 1.0)]


def charge_of(doc, name):
    holding = held(doc, "portfolio")
    return float(charges(doc)[holding.account.underlyings.index(name)].scan[0])


@given(doc=some.accounts())
def test_S10_the_worst_row_revalued_alone_gives_the_loss(doc):
    holding = held(doc, "portfolio")
    table = scan.rows(holding.rules.portfolio)
    words = {"up": 1, "same": 0, "down": -1}
    for name, (move, volatility) in oracle.worst_rows(doc).items():
        charge = charges(doc)[holding.account.underlyings.index(name)]
        row = int(charge.worst[0])
        assert (table.move[row], table.state[row]) == (move, words[volatility])
        assert close(losses(doc, name)[row], charge.scan[0], 1e-12 * scale(doc) + 1e-9 * holding.size)


def test_S10_ties_go_to_the_first_row():
    # A perpetual loses the same in every volatility row of the worst move, so the first, volatility up, is named.
    assert result(document([perpetual(1.0, 100.0)], 0), "portfolio").worst == "Worst scenario: BTC −16 %, volatility up."
    # A straddle of perpetuals: long and short lose nothing in any row, so no row is named.
    flat = document([perpetual(1.0, 100.0), future(-1.0, 100.0)], 0, rules=PLAIN)
    assert result(flat, "portfolio").worst == "No scenario loses anything."


@given(doc=some.accounts())
def test_S11_shares_add_up_to_the_charge(doc):
    got = result(doc, "portfolio")
    assert close(math.fsum(share.euler for share in got.shares), got.head.maintenance_margin, 1e-9 * scale(doc))


@given(doc=some.accounts(rules=PLAIN))
def test_S12_a_grid_16_times_as_fine_finds_no_more_than_the_gap_allows(doc):
    """Between rows of one volatility the value moves by at most Σ |q| × price × gap, half of it from the nearer row."""
    fine = [i / 400 for i in range(-64, 65)]
    steepest = math.fsum(abs(leg["quantity"]) * (1.0 if face(leg) else mark(doc, leg)) for leg in doc["positions"])
    missed = pm(ruled(doc, moves=fine)) - pm(doc)
    target(missed / scale(doc))
    note(f"the grid misses {missed:,.4g} of {pm(doc):,.4g}")
    assert -1e-12 * scale(doc) <= missed <= 0.02 * steepest + 1e-12 * scale(doc)


def face(leg):
    return leg["settlement"] == "inverse" and leg["kind"] != "option"


def mark(doc, leg):
    ins = held(changed(doc, positions=[leg]), "portfolio").account.instruments
    return max(float(np.nan_to_num(ins.forward[0])) * (1.0 if leg["kind"] == "option" else 0.0), float(ins.mark[0]),
               doc["market"]["underlyings"][leg["underlying"]]["price"])


@given(doc=some.accounts(), factor=some.log_uniform(0.2, 5.0))
def test_S13_another_price_of_one_underlying_changes_its_charge_only(doc, factor):
    market = doc["market"]["underlyings"]
    moved = changed(doc, market={"underlyings": market | {"ETH": market["ETH"] | {"price": market["ETH"]["price"] * factor}}})
    before, after = charges(doc)[0], charges(moved)[0]
    assert before.total[0] == after.total[0]


@given(doc=some.accounts())
def test_S14_without_shocks_only_the_add_ons_remain(doc):
    still = {"moves": [0.0], "volatility_up": 0.0, "volatility_down": 0.0}
    assert close(pm(ruled(doc, **still)), 0.0, 1e-12 * scale(doc))
    rest = charges(changed(doc, rules={"base": "generic", "override": {"portfolio": still}}))
    usual = charges(doc)
    assert [float(c.minimum[0]) for c in rest] == [float(c.minimum[0]) for c in usual]
    assert [float(c.hedged[0]) for c in rest] == [float(c.hedged[0]) for c in usual]


@given(doc=some.accounts(book=lambda market: st.lists(some.futures(market), min_size=1, max_size=6)))
def test_S15_a_book_without_options_needs_the_same_as_its_opposite(doc):
    """Counted in dollars at the mark, inverse contracts too are linear in the move."""
    assert close(pm(doc), pm(times(doc, -1.0)), 1e-12 * scale(doc))


@pytest.mark.parametrize("key", ["short_option_minimum", "hedged_rate", "initial_factor"])
@given(doc=some.accounts(), low=st.floats(0.0, 0.2), more=st.floats(0.0, 0.2))
def test_S16_the_requirement_never_falls_with_a_parameter(key, doc, low, more):
    base = 1.0 if key == "initial_factor" else 0.0
    less, higher = (now(ruled(doc, **{key: base + value}), "portfolio") for value in (low, low + more))
    assert less[1] <= higher[1] + 1e-12 * scale(doc) and less[2] <= higher[2] + 1e-12 * scale(doc)


@given(doc=some.accounts(rules=PLAIN), factors=st.tuples(st.floats(0.1, 1.0), st.floats(1.0, 3.0)))
def test_S16_a_wider_grid_that_holds_the_old_one_never_lowers_the_charge(doc, factors):
    moves = [-0.16, -0.08, 0.0, 0.08, 0.16]
    narrow, wide = ruled(doc, moves=moves[1:-1]), ruled(doc, moves=moves)
    assert pm(narrow) <= pm(wide)


def test_F26_more_volatility_may_mean_less_margin():
    # A long straddle at the money loses most where volatility falls and the price stays: "volatility down" is its scenario.
    long = document([call(100.0, 1.0), put(100.0, 1.0)], 0)
    assert result(long, "portfolio").worst == "Worst scenario: BTC ±0 %, volatility down."
    # A shock that lets volatility fall less lowers the charge, one that lets it rise more does not raise it.
    assert pm(ruled(long, volatility_down=0.1)) < pm(ruled(long)) == pm(ruled(long, volatility_up=2.0))


def test_rows_by_hand():
    # One long perpetual at 100: worst row −16 % of 100. Inverse, face 1,000: −16 % of the face, at whatever mark.
    # Initial is 1.25 times.
    assert pm(document([perpetual(1.0, 90.0)], 0)) == pytest.approx(16.0, rel=1e-14)
    inverse = document([perpetual(-1000.0, 50.0, settlement="inverse")], 0)
    assert now(inverse, "portfolio")[1:] == pytest.approx((200.0, 160.0), rel=1e-14)
    # Long 10 perpetuals, short 10 futures: nothing moves, hedged add-on 0.5 % of (2,000 − 0) ÷ 2 = 5.
    assert pm(document([perpetual(10.0, 100.0), future(-10.0, 100.0)], 0)) == pytest.approx(5.0, rel=1e-14)
    # Short 4 far calls worth nothing even at +16 %: the minimum, 0.5 % of 100 × 4 units.
    assert pm(document([call(10_000.0, -4.0, iv=0.1)], 0)) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(("days", "h"), [
    (0.25, 30.0**0.30), (1.0, 30.0**0.30), (10.0, 3.0**0.30), (30.0, 1.0), (120.0, 0.25**0.13)])
def test_volatility_rows_scale_with_days_to_expiry(days, h):
    holding = held(document([call(100.0, 1.0, seconds=round(days * DAY))], 0), "portfolio")
    widths = scan.shocked_volatility(holding.account, holding.rules.portfolio, np.array([0]))[:3, 0]
    plain = 0.6 * math.sqrt(days / 365.0)
    assert widths == pytest.approx([plain * (1 + 0.5 * h), plain, plain * (1 - 0.25 * h)], rel=1e-12)


def test_volatility_never_falls_below_zero():
    doc = ruled(document([call(100.0, 1.0, seconds=DAY)], 0), volatility_down=1.0)   # h = 2.77 would make it negative
    holding = held(doc, "portfolio")
    assert scan.shocked_volatility(holding.account, holding.rules.portfolio, np.array([0])).min() == 0.0
    assert pm(doc) == pytest.approx(equity(doc, "portfolio"), rel=1e-12)   # at the money the whole premium is lost


def test_an_extended_row_counts_its_weight():
    # −66 % at a weight of 0.3 loses 19.8 of 100, more than −16 %; named with its weight.
    doc = ruled(document([perpetual(1.0, 100.0)], 0), extended_rows=[{"move": -0.66, "volatility": "same", "weight": 0.3}])
    assert pm(doc) == pytest.approx(19.8, rel=1e-12)
    assert result(doc, "portfolio").worst == "Worst scenario: BTC −66 %, volatility unchanged, weight 0.30."


def test_moves_must_rise():
    with pytest.raises(Refused, match="moves must rise"):
        now(ruled(document(), moves=[0.1, -0.1]), "portfolio")
