"""The oracle against figures worked out by hand; the working stands above each check."""

import json
import math

import pytest

from tests.accounts import FAULTS, LONE_FAULTS, random_account, refused_accounts
from tests.oracle import black, evaluate, figures_at, implied_volatility, market_volatility, worst_rows

AS_OF, TOMORROW, MONTH = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-31T00:00:00Z"


def account(positions=(), usd=0.0, price=100.0, coin="SOL", **more):
    collateral = more.pop("collateral", [{"asset": "USD", "amount": usd}])
    return {"format": "marginscope-account/1", "as_of": AS_OF, "collateral": collateral,
            "market": {"underlyings": {coin: {"price": price} | more}},
            "positions": [{"id": f"p{i}", "underlying": coin} | p for i, p in enumerate(positions)]}


def perpetual(quantity, entry=100.0, settlement="linear", **more):
    return {"kind": "perpetual", "settlement": settlement, "quantity": quantity, "entry_price": entry} | more


def future(quantity, entry=100.0, settlement="linear", **more):
    return {"kind": "future", "settlement": settlement, "quantity": quantity, "entry_price": entry,
            "expiry": MONTH} | more


def option(type_, strike, quantity, settlement="linear", expiry=TOMORROW, **more):
    return {"kind": "option", "settlement": settlement, "type": type_, "strike": strike, "quantity": quantity,
            "expiry": expiry, **more}


def mode(file, name="cross"):
    return evaluate(file, (name,))["modes"][name]


def near(value):
    return pytest.approx(value, rel=1e-11, abs=1e-11)


# Linear futures and perpetuals ------------------------------------------------------------------------------------

# One perpetual at 100, cash C: C + q (s − 100) = r |q| s − D, so long s = (100 q − C − D) / (q (1 − r)),
# short s = (100 |q| + C + D) / (|q| (1 + r)). The notional at s must lie in the tier used.
@pytest.mark.parametrize(("quantity", "cash", "trigger"), [
    (100.0, 1_000.0, 9_000 / 97.5),                               # notional 9,231, 2.5 %
    (-100.0, 1_000.0, 11_000 / 102.5),
    (20_000.0, 200_000.0, (2e6 - 2e5 - 25_000) / 19_000),         # 1,868,421, 5 % less 25,000
    (-20_000.0, 200_000.0, (2e6 + 2e5 + 25_000) / 21_000),        # 2,119,048
    (100_000.0, 1e6, (10e6 - 1e6 - 275_000) / 90_000),            # 9,694,444, 10 % less 275,000
    (-100_000.0, 1e6, (10e6 + 1e6 + 275_000) / 110_000),
])
def test_trigger_in_each_tier(quantity, cash, trigger):
    result = mode(account([perpetual(quantity)], cash))
    side, bankruptcy = ("below", 100 - cash / quantity) if quantity > 0 else ("above", 100 - cash / quantity)
    assert result["liquidation"]["SOL"][side] == near(trigger)
    assert result["positions"][0]["liquidation_price"] == near(trigger)
    assert result["positions"][0]["bankruptcy_price"] == near(bankruptcy)


# 2,000,000: initial 10 % − 50,000 = 150,000, maintenance 5 % − 25,000 = 75,000; 10,000,000: 20 % − 550,000 = 1,450,000
# and 10 % − 275,000 = 725,000. At 10x the first needs 200,000; at 20x 100,000 is less than the tier asks.
@pytest.mark.parametrize(("quantity", "leverage", "initial", "maintenance"), [
    (10_000, {}, 50_000, 25_000), (20_000, {}, 150_000, 75_000), (100_000, {}, 1_450_000, 725_000),
    (20_000, {"leverage": 10}, 200_000, 75_000), (20_000, {"leverage": 20}, 150_000, 75_000)])
def test_tier_margins(quantity, leverage, initial, maintenance):
    result = mode(account([perpetual(quantity, **leverage)], 1e6))
    assert (result["initial_margin"], result["maintenance_margin"]) == (near(initial), near(maintenance))
    assert (result["buffer"], result["available"]) == (near(1e6 - maintenance), near(1e6 - initial))


# 1,000 + 10 (100 − 90) = 1,100 equity; maintenance 25, so 25 / 1,100 is used; 1,100 − 50 is available.
def test_head_figures():
    result = mode(account([perpetual(10, 90.0)], 1_000.0))
    assert result["equity"] == near(1_100) and result["maintenance_used"] == near(25 / 1_100)
    assert result["available"] == near(1_050) and result["positions"][0]["unrealised_pnl"] == near(100)


# Cash equal to the whole notional: equity q s, maintenance at most a tenth of it.
def test_fully_funded_long_has_no_trigger():
    result = mode(account([perpetual(10, leverage=1)], 1_000.0))
    assert result["liquidation"]["SOL"] == {"below": None, "above": None, "regions": []}
    assert result["positions"][0]["liquidation_price"] is result["positions"][0]["bankruptcy_price"] is None


# Equity −10 + 100 × 0 < 0 < 25: used is null, the present is inside the region, which ends where
# −10 + 10 (s − 100) = 0.25 s, s = 1,010 / 9.75.
def test_already_liquidated():
    result = mode(account([perpetual(10)], -10.0))
    assert result["maintenance_used"] is None and result["positions"][0]["liquidation_price"] is None
    assert result["liquidation"]["SOL"] == {"below": None, "above": None, "regions": [[None, near(1_010 / 9.75)]]}


# Buffer 25 − 25 = 0 is safe; the trigger below is the present price.
def test_buffer_of_exactly_zero_is_safe():
    result = mode(account([perpetual(10)], 25.0))
    assert result["buffer"] == 0.0 and result["liquidation"]["SOL"]["below"] == near(100.0)


# Isolated: pledged 1,000 / 5 = 200, 200 + 10 (s − 100) = 0.25 s at 800 / 9.75, bankrupt at 80; the pool keeps 300.
def test_isolated_pledge_from_leverage():
    result = mode(account([perpetual(10, leverage=5, mode="isolated")], 500.0), "as_held")
    position = result["positions"][0]
    assert (position["pledged"], position["equity"], position["buffer"]) == (near(200), near(200), near(175))
    assert position["liquidation_price"] == near(800 / 9.75) and position["bankruptcy_price"] == near(80)
    assert result["pool"] == {"equity": 300, "initial_margin": 0, "maintenance_margin": 0, "buffer": 300,
                              "available": 300}


# Pledges of 900 out of cash of 500: the pool is at −400 wherever the price goes.
def test_overdrawn_pool_is_liquidated_everywhere():
    result = mode(account([perpetual(10, isolated_margin=900)], 500.0), "isolated")
    assert result["liquidation"]["SOL"] == {"below": None, "above": None, "regions": [[None, None]]}
    assert result["equity"] == 500 and result["positions"][0]["liquidation_price"] == near(100 / 9.75)


# Two isolated positions: long, pledge 50: 950 / 9.75; short, pledge 50: 1,050 / 10.25; the union of both regions.
def test_isolated_positions_are_not_netted():
    result = mode(account([perpetual(10), perpetual(-10)], 500.0), "isolated")
    assert result["maintenance_margin"] == near(50)
    assert result["liquidation"]["SOL"]["regions"] == [[None, near(950 / 9.75)], [near(1_050 / 10.25), None]]


# Netting ----------------------------------------------------------------------------------------------------------

# +30,000 and −10,000 make 20,000: 75,000, all of it on the long leg; the smallest leverage, 4, asks 500,000.
# With a further +10,000 long, 30,000: 5 % of 3,000,000 − 25,000 = 125,000, split 3 : 1 over the longs.
def test_netting_before_tiers():
    legs = [perpetual(30_000, leverage=50), perpetual(-10_000, 90.0, leverage=4), perpetual(10_000)]
    two, three = mode(account(legs[:2], 1e6)), mode(account(legs, 1e6))
    assert [p["maintenance_margin"] for p in two["positions"]] == [near(75_000), 0.0]
    assert two["initial_margin"] == near(500_000) and two["equity"] == near(900_000)
    assert [p["maintenance_margin"] for p in three["positions"]] == [near(93_750), 0.0, near(31_250)]


# 0.1 + 0.2 − 0.3 is 5.6e-17 in doubles, within 1e-12 of the gross: nothing left to margin.
def test_net_within_rounding_is_zero():
    result = mode(account([perpetual(0.1), perpetual(0.2), perpetual(-0.3)], 1.0))
    assert result["maintenance_margin"] == 0.0 and result["maintenance_used"] == 0.0


# Perpetual +10 and future −10 at 100, both fully moving with the index, are two instruments: equity stays 100,
# maintenance 2.5 % of 2 × 10 s = 0.5 s, liquidated above 200. Without the short: 900 / 9.75 downward.
def test_hedged_cross_book_is_liquidated_upward():
    hedged = mode(account([perpetual(10), future(-10)], 100.0))
    assert hedged["liquidation"]["SOL"] == {"below": None, "above": near(200), "regions": [[near(200), None]]}
    assert hedged["positions"][0]["bankruptcy_price"] is None
    assert mode(account([perpetual(10)], 100.0))["liquidation"]["SOL"]["below"] == near(900 / 9.75)


# Inverse ----------------------------------------------------------------------------------------------------------

# Face −1,000 at 100, ten coins (haircut 20 %): 8 s − 1,000 (s / 100 − 1) = 1,000 − 2 s against 25: 487.5, bankrupt at
# 500. With 12.5 coins the haircut value is 10 s and equity 1,000 at every price: no trigger.
def test_inverse_short_at_one_times():
    short = [perpetual(-1_000, settlement="inverse")]
    thin = mode(account(short, collateral=[{"asset": "SOL", "amount": 10.0}]))
    assert thin["positions"][0]["liquidation_price"] == near(487.5)
    assert thin["positions"][0]["bankruptcy_price"] == near(500)
    full = mode(account(short, collateral=[{"asset": "SOL", "amount": 12.5}]))
    assert full["equity"] == near(1_000) and full["liquidation"]["SOL"]["regions"] == []


# Face +1,000, pledge 200 (5x): 200 + 10 s − 1,000 = 25 at 82.5; bankrupt at 80; maintenance does not move.
def test_inverse_long_isolated():
    position = mode(account([perpetual(1_000, settlement="inverse", leverage=5)], 500.0), "isolated")["positions"][0]
    assert position["liquidation_price"] == near(82.5) and position["bankruptcy_price"] == near(80)


# A future marked 103 over an index of 100: profit 1,000 × (103 / 100 − 1) = 30; zero at the index 100 / 1.03.
def test_inverse_future_counts_dollars_at_its_mark():
    file = account([future(1_000, settlement="inverse", mark_price=103.0)], 500.0)
    assert mode(file)["positions"][0]["unrealised_pnl"] == near(30)
    assert figures_at(file, "cross", "SOL", 100 / 1.03)[0] == near(500)


# Options ----------------------------------------------------------------------------------------------------------

# S 100, mark 3: a call at 108: max(15 − 8, 10) + 3 = 13 and 7.5 + 3; at 103: 12 + 3; at 90, mark 12: 15 + 12.
# A put at 92: max(15 − 8, 9.2) + 3 and 6.9 + 3; at 97: 12 + 3 and 7.275 + 3; at 110, mark 12: 15 + 12 and 7.5 + 12.
@pytest.mark.parametrize(("type_", "strike", "mark", "initial", "maintenance"), [
    ("call", 108, 3.0, 13.0, 10.5), ("call", 103, 3.0, 15.0, 10.5), ("call", 90, 12.0, 27.0, 19.5),
    ("put", 92, 3.0, 12.2, 9.9), ("put", 97, 3.0, 15.0, 10.275), ("put", 110, 12.0, 27.0, 19.5)])
def test_short_option_margins(type_, strike, mark, initial, maintenance):
    result = mode(account([option(type_, strike, -2.0, mark_price=mark, expiry=MONTH)], 100.0))
    assert (result["initial_margin"], result["maintenance_margin"]) == (near(2 * initial), near(2 * maintenance))
    assert result["equity"] == 100.0


# Inverse: 0.03 coin is 3 dollars, whatever the forward; profit −2 × (0.03 − 0.05) × 100 = 4.
def test_inverse_option_is_valued_at_the_index():
    short = option("call", 108, -2.0, "inverse", MONTH, mark_price=0.03, entry_price=0.05)
    result = mode(account([short], 100.0, forwards=[{"expiry": MONTH, "price": 102.0}]))
    assert result["maintenance_margin"] == near(21) and result["positions"][0]["unrealised_pnl"] == near(4)


# A long option asks nothing, pledges nothing and has no trigger; without entry its profit is null.
def test_long_option_stands_alone():
    position = mode(account([option("call", 100, 3.0, iv=0.5)], 10.0), "isolated")["positions"][0]
    assert [position[k] for k in ("initial_margin", "maintenance_margin", "pledged", "buffer")] == [0, 0, 0, 0]
    assert position["liquidation_price"] is None and position["unrealised_pnl"] is None


# Short straddle at 60,000, one day at 10 %: width 0.5 %, so a dozen widths away the marks are the intrinsic values.
# Above: 12,000 = 0.075 s + (s − K) + 0.075 K, s = 67,500 / 1.075. Below: 12,000 = 0.15 s + K − s, s = 48,000 / 0.85.
def test_straddle_has_two_triggers():
    legs = [option("call", 60_000, -1.0), option("put", 60_000, -1.0)]
    walk = mode(account(legs, 12_000.0, 60_000.0, volatility=0.1))["liquidation"]["SOL"]
    assert (walk["below"], walk["above"]) == (near(48_000 / 0.85), near(67_500 / 1.075))
    assert walk["regions"] == [[None, walk["below"]], [walk["above"], None]]


# Black-76 at the money: 2 N(width / 2) − 1 = erf(width / √8) of the forward; parity; the bounds.
def test_black_and_implied_volatility():
    assert black(100, 100, 0.2, True) == near(100 * math.erf(0.2 / math.sqrt(8)))
    assert black(100, 90, 0.3, True) - black(100, 90, 0.3, False) == near(10)
    assert implied_volatility(100, 90, 0.25, black(100, 90, 0.3, True), True) == near(0.6)
    assert implied_volatility(100, 90, 1.0, 10.0, True) == 0.0
    assert implied_volatility(100, 90, 1.0, 100.0, True) == implied_volatility(100, 90, 1.0, 90.0, False) == math.inf


# One smile 0.5 at 90, 0.7 at 110: at 100 √((0.25 + 0.49) / 2); then 20 days at 0.5 to 40 days at 0.7: at 30 days
# √((20 × 0.25 + 40 × 0.49) / 2 / 30) = √0.41. Outside: flat. The expired point is not seen.
def test_surface():
    def at(day, strike):
        points = [("2025-12-31", 100, 9.0), ("2026-01-21", 110, 0.7), ("2026-01-21", 90, 0.5), ("2026-02-10", 100, 0.7)]
        volatility = [{"expiry": f"{d}T00:00:00Z", "strike": k, "iv": v} for d, k, v in points]
        return market_volatility({"volatility": volatility}, AS_OF, day * 86_400.0, strike)
    assert at(20, 100) == at(1, 100) == near(math.sqrt(0.37)) and at(20, 80) == 0.5 and at(20, 111) == 0.7
    assert at(30, 90) == near(math.sqrt(0.41)) and at(41, 5) == 0.7


# Portfolio --------------------------------------------------------------------------------------------------------

# One perpetual, 1,000 of notional: 16 % either way, initial 1.25 times; long worst at −16 %, tier and leverage ignored.
@pytest.mark.parametrize(("quantity", "shock"), [(10, -0.16), (-10, 0.16)])
def test_portfolio_charge_of_one_perpetual(quantity, shock):
    file = account([perpetual(quantity, leverage=2)], 500.0)
    result = mode(file, "portfolio")
    assert (result["maintenance_margin"], result["initial_margin"]) == (near(160), near(200))
    assert worst_rows(file) == {"SOL": (shock, "up")}
    assert result["positions"][0]["maintenance_margin"] is None


# Long 10 with 500: 500 + 10 (s − 100) = 1.6 s, s = 500 / 8.4; bankrupt at 50.
def test_portfolio_trigger_of_one_perpetual():
    position = mode(account([perpetual(10)], 500.0), "portfolio")["positions"][0]
    assert position["liquidation_price"] == near(500 / 8.4) and position["bankruptcy_price"] == near(50)


# Five far calls short, worth nothing in any row: the floor, 0.005 × 100 × 5 = 2.5. Bought back elsewhere: none.
def test_floor_per_short_unit():
    legs = [option("call", 500, -5.0, iv=0.2), option("call", 500, 5.0)]
    assert mode(account(legs[:1], 10.0), "portfolio")["maintenance_margin"] == near(2.5)
    assert mode(account(legs, 10.0), "portfolio")["maintenance_margin"] == 0.0


# +10 perpetual, −6 future, both at 100: the rows see 400, 16 % = 64; Σ|δ| 1,600, |Σδ| 400: 0.5 % of 600 = 3.
def test_basis_charge():
    result = mode(account([perpetual(10), future(-6)], 500.0), "portfolio")
    assert [c["amount"] for c in result["worst"]["components"]] == [near(64), near(3)]
    assert (result["maintenance_margin"], result["initial_margin"]) == (near(67), near(83.75))


# Inverse −600 face against linear +600: flat in every row; the deltas offset, 0.5 % of 600.
def test_inverse_against_linear():
    result = mode(account([perpetual(6), perpetual(-600, settlement="inverse")], 500.0), "portfolio")
    assert result["maintenance_margin"] == near(3)


# A short put at 100, mark on its lower bound 0 (index 120): volatility 0. At −16 % the index is 100.8 and it is still
# worth nothing, so the floor 0.6 per unit holds. With the index at 110: −16 % is 92.4, charge 7.6.
def test_mark_on_the_bound_means_intrinsic_value():
    file = account([option("put", 100, -1.0, mark_price=0.0)], 50.0, 120.0)
    assert mode(file, "portfolio")["maintenance_margin"] == near(0.6)
    assert figures_at(file, "portfolio", "SOL", 110.0)[2] == near(7.6)


# Option value counts, signed: 50 − 2 × 12 = 26 in portfolio, 50 in cross.
def test_option_value_in_equity():
    legs = [option("call", 90, -2.0, mark_price=12.0, expiry=MONTH)]
    assert mode(account(legs, 50.0), "portfolio")["equity"] == near(26)
    assert mode(account(legs, 50.0))["equity"] == 50.0


# At the money, 30 days: h = 1, so volatility goes to 1.5 σ; a short straddle loses most at −16 % or +16 % with
# volatility up: call + put at a forward of 84 or 116 and 1.5 times the width, less call + put now.
def test_worst_row_of_a_short_straddle():
    file = account([option("call", 100, -1.0, expiry=MONTH), option("put", 100, -1.0, expiry=MONTH)], 90.0,
                   volatility=0.4)
    width = 0.4 * math.sqrt(30 / 365)
    losses = [sum(black(F, 100, 1.5 * width, c) - black(100, 100, width, c) for c in (True, False)) for F in (84, 116)]
    assert mode(file, "portfolio")["maintenance_margin"] == near(max(losses))
    assert worst_rows(file)["SOL"] == ((-0.16, "up") if losses[0] > losses[1] else (0.16, "up"))


# Collateral -------------------------------------------------------------------------------------------------------

# Two balances of one coin add up before the haircut: 5 − 2 = 3 coins at 100, less 20 %; a debt has no haircut.
# BTC without an underlying keeps its 5 % and its price in `market.assets`.
def test_collateral():
    held = [{"asset": "SOL", "amount": 5.0}, {"asset": "SOL", "amount": -2.0}, {"asset": "USDT", "amount": -100.0},
            {"asset": "BTC", "amount": 0.01}]
    file = account(collateral=held)
    file["market"]["assets"] = {"USDT": 0.99, "BTC": 50_000.0}
    assert mode(file)["equity"] == near(240 - 99 + 475)


# 10 coins at 80 % against a debt of 400: nothing held, yet liquidated below 50.
def test_borrower_without_positions():
    held = [{"asset": "SOL", "amount": 10.0}, {"asset": "USD", "amount": -400.0}]
    for name, result in evaluate(account(collateral=held))["modes"].items():
        assert result["liquidation"] == {"SOL": {"below": near(50), "above": None, "regions": [[None, near(50)]]}}, name


# Short 0.0001 with 1,000 in cash: 1,000.01 / 0.0001025 = 9,756,195; the walk ends at 10,000 × 100, so none.
def test_nothing_beyond_the_walk():
    assert mode(account([perpetual(-0.0001)], 1_000.0))["liquidation"]["SOL"]["regions"] == []


# Random files -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(5))
def test_more_nodes_find_no_further_region(seed):
    coarse, fine = (evaluate(random_account(seed), nodes=n)["modes"] for n in (400, 2_000))
    for name in fine:
        for underlying, walk in fine[name]["liquidation"].items():
            found = coarse[name]["liquidation"][underlying]["regions"]
            assert [[end and near(end) for end in region] for region in walk["regions"]] == found


def test_every_fault_has_a_path_and_every_seed_repeats():
    assert json.dumps(random_account(5)) == json.dumps(random_account(5))
    texts = [refused_accounts(seed) for seed in range(600)]
    assert texts == [refused_accounts(seed) for seed in range(600)]
    assert all(paths for _, paths in texts)
    assert len({fault.__name__ for fault in FAULTS + LONE_FAULTS}) == len(FAULTS + LONE_FAULTS)
