"""S1-S16 over the switches of the scenario pipeline, and one law for each transform under which the common ones fail."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.margin.methods.scenarios import transforms
from risk_core.margin.methods.shares import Books, leg_shares
from risk_core.rulebooks import load
from risk_core.rulebooks.portfolio import PortfolioRules
from tests.core import strategies as some
from tests.core.books import call, cash, changed, close, coin, document, held, put, scale, times, with_more
from tests.core.scenario_books import DISCOUNTED, PLAIN, SKEW, TILTED, asked, demanded, part, pool, rows, ruled

CHARGES = {"perpetual_maintenance": 0.03, "naked_maintenance": 0.01, "basis_moves": [-0.045, 0.045], "basis_rate": 0.5,
           "basis_rate_per_year": 2.0, "cancelling_rate": 0.03}
FAR = [{"move": -0.66, "volatility": "up", "weight": 0.21}, {"move": 2.0, "volatility": "up", "weight": 0.07}]


@st.composite
def choices(draw):
    """Switches turned at random, all concave and homogeneous in the book: no dampener, no cap of gains (F6)."""
    one = draw(st.fixed_dictionaries({}, optional={
        "grid_states": st.sampled_from(("up, same, down", "up, down", "same")),
        "outer_moves": st.sampled_from(("as the others", "volatility up")),
        "volatility_shock": st.sampled_from(("relative", "points", "worse of both")),
        "points_up": st.floats(0.0, 1.0), "points_down": st.floats(0.0, 1.0), "least_volatility_up": st.floats(0.0, 1.0),
        "linear_base": st.sampled_from(("mark", "index")), "profit_in": st.sampled_from(("dollars", "coin")),
        "option_discount": st.sampled_from(("as valued", "none")), "settlement_minutes": st.sampled_from((0.0, 30.0)),
        "extended_scale": st.sampled_from(("weight", "edge")), "underlyings": st.sampled_from(("apart", "together")),
        "gains_share": st.floats(0.0, 1.0), "extended_rows": st.just(FAR + TILTED), "pegs": st.just(
            [{"asset": "USDC", "threshold": 0.99, "factor": 4.0}]),
        "risk_cancelling": st.just([{"asset": "BTC", "underlying": "BTC"}])}))
    return PLAIN | one | (SKEW if draw(st.booleans()) else {}) | (DISCOUNTED if draw(st.booleans()) else {}) \
        | (CHARGES if draw(st.booleans()) else {})


@given(doc=some.accounts(), rules=choices())
def test_figures_are_finite_and_initial_covers_maintenance(doc, rules):
    found = demanded(ruled(doc, **rules))
    parts = np.array([(one.initial[0], one.maintenance[0]) for one in found.parts]).reshape(-1, 2)
    assert np.isfinite(parts).all() and (parts >= 0).all()
    assert close(math.fsum(parts[:, 1]), float(found.maintenance[0]), 1e-12 * scale(doc))
    assert found.maintenance[0] <= found.initial[0] * (1 + 1e-12)
    assert all(np.isfinite(one.profit).all() for one in found.scenarios)


@given(books=some.two_books(), rules=choices())
def test_S1_concave_transforms_stay_subadditive(books, rules):
    a, b, both = (ruled(doc, **rules) for doc in books)
    assert asked(both)[1] <= asked(a)[1] + asked(b)[1] + 1e-12 * 20 * scale(both)


@given(doc=some.accounts(), k=some.log_uniform(1e-3, 1e3), rules=choices())
def test_S2_homogeneous_under_every_switch_but_dampener_and_cap(doc, k, rules):
    doc = ruled(doc, **rules)
    for once, often in zip(asked(doc), asked(times(doc, k)), strict=True):
        assert close(often, k * once, 1e-11 * k * scale(doc))


@given(books=some.two_books(), t=st.floats(0.01, 0.99), rules=choices())
def test_S3_convex(books, t, rules):
    a, b, _ = (ruled(doc, **rules) for doc in books)
    mixed = with_more(times(a, t), times(b, 1.0 - t)["positions"], times(b, 1.0 - t)["collateral"])
    assert asked(mixed)[1] <= t * asked(a)[1] + (1 - t) * asked(b)[1] + 1e-12 * 20 * scale(mixed)


@given(doc=some.accounts(), rules=choices())
def test_S5_a_book_and_its_opposite_need_nothing(doc, rules):
    """Without collateral in the rows, which the opposite book does not hold the opposite of."""
    doc = ruled(changed(doc, collateral=[cash(0.0)]), **rules)
    assert asked(with_more(doc, times(doc, -1.0)["positions"])) == (0.0, 0.0)


@given(doc=some.accounts(), rules=choices(), more=st.lists(st.floats(-0.5, 1.0), min_size=1, max_size=3, unique=True))
def test_S6_more_rows_never_lower_the_charge(doc, rules, more):
    rules = rules | {"extended_scale": "weight"}
    added = [*rules.get("extended_rows", []), *({"move": x, "volatility": "up", "weight": 0.35} for x in more)]
    assert asked(ruled(doc, **rules | {"extended_rows": added}))[1] >= asked(ruled(doc, **rules))[1] - 1e-12 * scale(doc)


@given(doc=some.accounts(), rules=choices(), amount=st.floats(-1e6, 1e6))
def test_S7_cash_leaves_the_charge(doc, rules, amount):
    doc = ruled(doc, **rules)
    assert asked(with_more(doc, collateral=[cash(amount)])) == asked(doc)


@given(doc=some.accounts(), rules=choices())
def test_S10_the_row_that_is_named_has_the_loss_that_is_charged(doc, rules):
    found = demanded(ruled(doc, **rules))
    core = {one.underlying: float(one.maintenance[0]) for one in found.parts if one.is_core}
    for one in found.scenarios:
        losses = -np.asarray(one.profit)
        if one.setting:
            assert close(losses[one.setting[0]], core[one.underlying], 1e-9 * scale(doc))
            assert losses.max() <= losses[one.setting[0]] + 1e-9 * scale(doc)


@given(doc=some.accounts(least=1, most=1), rules=choices())
def test_S11_the_only_leg_is_asked_for_all_that_grows_with_it(doc, rules):
    """Euler's share of a book of one leg is its whole margin, as the charge grows in proportion."""
    doc = changed(ruled(doc, **rules), collateral=[cash(1.0)])
    holding = held(doc, "portfolio")
    maintenance = asked(doc)[1]
    shares = leg_shares(Books(holding.account, holding.rules), maintenance)
    assert close(float(shares.euler[0]), maintenance, 1e-7 * scale(doc)) and abs(shares.rest) <= 1e-7 * scale(doc)
    assert close(float(shares.alone[0]), maintenance, 1e-12 * scale(doc)) and shares.marginal[0] == maintenance


@given(doc=some.accounts(), rules=choices(), factor=some.log_uniform(0.2, 5.0))
def test_S13_apart_the_price_of_one_underlying_changes_its_own_parts_only(doc, rules, factor):
    doc = ruled(doc, **rules | {"underlyings": "apart"})
    market = doc["market"]["underlyings"]
    moved = changed(doc, market=doc["market"] | {
        "underlyings": market | {"ETH": market["ETH"] | {"price": market["ETH"]["price"] * factor}}})
    own = [[(one.key, one.initial[0]) for one in demanded(at).parts if one.underlying == "BTC"] for at in (doc, moved)]
    assert own[0] == own[1]


@given(doc=some.accounts(), rules=choices().map(lambda rules: rules | {"gains_share": 1.0}))
def test_S13_rows_added_up_ask_no_more_than_apart(doc, rules):
    together, apart = (asked(ruled(doc, **rules | {"underlyings": how}))[1] for how in ("together", "apart"))
    assert together <= apart + 1e-12 * scale(doc)


@given(doc=some.accounts())
def test_S14_without_shocks_only_the_charges_remain(doc):
    still = {"moves": [0.0], "volatility_up": 0.0, "volatility_down": 0.0} | PLAIN
    doc = ruled(doc, **still, perpetual_maintenance=0.03, naked_maintenance=0.01)
    beside = part(doc, "perpetual_maintenance") + part(doc, "naked_maintenance")
    assert close(asked(doc)[1], beside, 1e-11 * scale(doc))


@pytest.mark.parametrize("key", ["naked_maintenance", "perpetual_maintenance", "basis_rate", "basis_rate_per_year", "gains_cap",
                                 "cancelling_rate", "confidence_scale", "initial_factor", "extended_dampener"])
@given(doc=some.accounts(), rules=choices(), low=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
def test_S16_the_requirement_moves_one_way_with_a_parameter(key, doc, rules, low, more):
    """It rises with rates and factors; it falls with the cap of gains and with the dampener, which take losses away."""
    base = 1.0 if key == "initial_factor" else 0.0
    rules = rules | {"basis_moves": [-0.045, 0.045], "confidence_threshold": 1.0, "extended_rows": FAR, "extended_scale": "edge",
                     "risk_cancelling": [{"asset": "BTC", "underlying": "BTC"}]}
    doc = changed(doc, market=doc["market"] | {"confidence": {"BTC": 0.4}})
    less, higher = (asked(ruled(doc, **rules | {key: base + value})) for value in (low, low + more))
    if key in {"gains_cap", "extended_dampener"}:
        less, higher = higher, less
    assert less[0] <= higher[0] + 1e-12 * scale(doc) and less[1] <= higher[1] + 1e-12 * scale(doc)


@given(doc=some.accounts(), rules=choices(), factors=st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6))
def test_states_of_one_call_are_charged_as_each_by_itself(doc, rules, factors):
    doc = ruled(doc, **rules)
    at = np.array([[k, 1.0 + 0.3 * (k - 1.0)] for k in factors])
    many = demanded(doc, at)
    for state, k in enumerate(at):
        one = demanded(doc, k[None])
        for side in ("initial", "maintenance"):
            assert close(getattr(many, side)[state], getattr(one, side)[0], 1e-12 * 10 * scale(doc))


# One law a transform ----------------------------------------------------------------------------------------------

def test_F5_on_derive_buying_an_option_does_hurt():
    # A factor of 0.98 on what an expiry is worth: a long option loses in the row in which nothing moves.
    doc = changed(document([call(100.0, 1.0), put(60.0, 2.0)], [cash(1e3)]), rules="derive-pm2")
    assert rows(doc)["±0 %, volatility unchanged"] < 0
    assert asked(doc)[1] > 0


def far_row(profit, dampener):
    """What a row at twice the edge of ±10 % makes of a profit, in dollars: half of it, less the dampener."""
    values = load.load("generic").rules.portfolio.model_dump() | {
        "moves": (-0.1, 0.1), "extended_scale": "edge", "extended_dampener": dampener,
        "extended_rows": [{"move": -0.2, "volatility": "same", "weight": 1.0}]}
    return float(transforms.at_edge(PortfolioRules.model_validate(values), np.full((1, 7), profit))[0, -1])


@given(a=st.floats(0.0, 1e3), b=st.floats(0.0, 1e3), dampener=st.floats(0.0, 500.0))
def test_F6_a_dampener_makes_losses_superadditive_and_turns_none_into_a_gain(a, b, dampener):
    loss_a, loss_b, both = (-far_row(-loss, dampener) for loss in (a, b, a + b))
    assert 0.0 <= loss_a <= 0.5 * a + 1e-12 and loss_a + loss_b <= both + 1e-9
    assert far_row(a, dampener) == loss_a


def test_F6_in_figures():
    assert [-far_row(-2.0 * loss, 100.0) for loss in (150.0, 150.0, 300.0)] == pytest.approx([50.0, 50.0, 200.0])


@pytest.mark.parametrize(("positive", "negative", "scores"), [(1.05, 0.95, (5.0, 5.0, 0.0)), (0.98, 1.02, (-2.0, -2.0, 0.0))])
def test_F7_factors_keep_subadditivity_where_the_positive_one_is_not_the_larger(positive, negative, scores):
    """+100 and −100 apart score what each factor makes of them, together 0; with 1.05 and 0.95 apart is better."""
    # The factor on a negative value is bounded by 1 ÷ the discount factor: a rate of 10 % a year leaves it room.
    market = {"BTC": {"price": 100.0, "volatility": 0.5, "rate": 0.1}}
    doc = ruled(document([call(100.0, 1.0, seconds=31_536_000)], 0, market), positive_factor=positive, negative_factor=negative)
    mine, rules = pool(doc)
    option = np.array([0])
    made = [float(transforms.counted_value(mine.account, rules.portfolio, option, np.array(v)) - v) for v in (100.0, -100.0, 0.0)]
    assert made == pytest.approx(scores, abs=1e-9)
    assert (made[0] + made[1] <= made[2]) == (positive <= negative)


@given(books=some.two_books(), share=st.floats(0.0, 1.0))
def test_gains_that_count_in_part_lower_no_requirement(books, share):
    _, _, both = books
    whole, less = (asked(ruled(both, **PLAIN, underlyings="together", gains_share=one))[1] for one in (1.0, share))
    assert less >= whole - 1e-12 * scale(both)


@given(doc=some.accounts())
def test_a_row_that_counts_against_the_book_never_gains_on_options(doc):
    options = [leg for leg in doc["positions"] if leg["kind"] == "option"]
    doc = ruled(changed(doc, positions=options), extended_rows=TILTED, **SKEW)
    for u in range(len(doc["market"]["underlyings"])):
        assert all(made <= 0 for words, made in rows(doc, u).items() if "skew" in words or "wings" in words)


@given(doc=some.accounts(), amount=some.log_uniform(1e-3, 1e3))
def test_collateral_in_the_rows_is_a_long_perpetual_without_its_charge(doc, amount):
    """1 coin of collateral moves as 1 perpetual at the index does."""
    doc = changed(doc, collateral=[cash(0.0)])
    moving = PLAIN | {"risk_cancelling": [{"asset": "BTC", "underlying": "BTC"}]}
    coins = ruled(with_more(doc, collateral=[coin("BTC", amount)]), **moving)
    long = {"kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": amount, "entry_price": 1.0,
            "id": "own"}
    index = doc["market"]["underlyings"]["BTC"]["price"]
    if not any(leg["kind"] == "perpetual" and leg["underlying"] == "BTC" for leg in doc["positions"]):
        bought = ruled(changed(doc, positions=[*doc["positions"], long | {"mark_price": index}]), **PLAIN)
        assert close(asked(coins)[1], asked(bought)[1], 1e-12 * 10 * scale(bought))


@given(doc=some.accounts(), factors=st.tuples(st.floats(1.0, 3.0), st.floats(0.0, 1.0)),
       rates=st.tuples(st.floats(0.0, 0.1), st.floats(0.0, 1.0)))
def test_initial_on_the_core_is_the_core_times_its_factor_and_the_charges_whole(doc, factors, rates):
    initial, share = factors
    more = {"initial_on": "core", "initial_factor": initial, "maintenance_factor": share * initial,
            "perpetual_initial": rates[0], "perpetual_maintenance": rates[0] * rates[1]}
    core, notional = (part(ruled(doc, **PLAIN, **one), key) for one, key in (
        ({}, "moves"), ({"perpetual_maintenance": 1.0}, "perpetual_maintenance")))
    found = asked(ruled(doc, **PLAIN, **more))
    assert close(found[0], initial * core + rates[0] * notional, 1e-12 * 10 * scale(doc))
    assert close(found[1], share * initial * core + rates[0] * rates[1] * notional, 1e-12 * 10 * scale(doc))
    assert found[0] >= found[1] * (1 - 1e-12)
