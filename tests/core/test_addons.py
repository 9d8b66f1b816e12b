"""Add-ons: each kind against a slow twin that knows one instrument at a time, and the laws all of them obey."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk_core.margin.methods.addons import applied
from risk_core.margin.methods.addons.exposure import Exposure
from risk_core.margin.methods.addons.kinds import AMOUNTS, SCALES
from risk_core.margin.methods.addons.tiered_minimum import stepped
from risk_core.margin.methods.demand import Demand, Part, Pool
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks.addon_rows import MinimumStep
from risk_core.rulebooks.addons import AddOnRules
from risk_core.valuation import black76
from tests.core.books import DAY, call, cash, coin, document, future, option, perpetual, put

fewer = settings(max_examples=max(settings.default.max_examples // 3, 1))

MARKET = {"volatility": 0.6, "daily_volatility": 0.04, "reference_volatility": 0.03, "stressed_volatility": 0.08,
          "long_volatility": 0.05, "daily_volume": 1000.0, "spread": 0.001, "depth": 500.0, "confidence": 0.4,
          "funding_8h": 0.0001}
BTC, ETH = {"price": 100.0, **MARKET}, {"price": 10.0, **MARKET}
MIXED = (
    perpetual(3.0, 90.0), future(-5.0, 100.0, seconds=35 * DAY, mark_price=101.0), future(250.0, 95.0, settlement="inverse", seconds=90 * DAY),
    call(110.0, -4.0), put(90.0, -2.0, seconds=60 * DAY), put(110.0, 3.0), call(110.0, 1.5, settlement="inverse"),
    perpetual(-70.0, 10.0, underlying="ETH"), call(9.0, 20.0, underlying="ETH"), put(12.0, -30.0, underlying="ETH"),
)
ROWS = {
    "hedged_notional": {"initial": 0.01, "maintenance": 0.005},
    "delta_minimum": {"net": 0.02, "hedged": 0.01, "place": "on top"},
    "short_options": {"initial": 0.02, "maintenance": 0.01, "count": "strike"},
    "option_minimum": {"initial_dollars": 0.5, "maintenance_dollars": 0.375, "count": "every option", "place": "on top"},
    "futures_rate": {"initial": 0.02, "maintenance": 0.01},
    "term_move": {"yearly": 0.075, "least_move": 0.01, "perpetual": 0.01, "compounding": "continuous"},
    "delta_spread": {"initial": 0.02, "maintenance": 0.01},
    "vega_spread": {"points": 0.03},
    "delta_shock": {"threshold": 100.0, "slope": 0.01, "most": 0.5},
    "tiered_minimum": {"option": 0.02, "option_delta": 0.05, "fee": 0.0003, "fee_share": 0.125, "futures": 0.0045,
                       "place": "on top"},
    "concentration": {"share": 0.05, "power": 0.5},
    "liquidity": {"slope": 0.7},
    "feed_doubt": {"threshold": 0.55},
    "funding_provision": {"hours": 8.0},
    "fee_provision": {"futures": 0.0005, "option": 0.0003, "option_share": 0.125},
    "volatility_scale": {"power": 1.0, "least": 0.5, "most": 3.0},
    "liquidity_scale": {"share": 0.1, "power": 0.5, "most": 4.0},
    "procyclicality": {"tool": "buffer", "size": 0.25},
    "depeg": {"asset": "USDC", "threshold": 0.99, "factor": 4.0, "on": "core"},
    "borrowing": {"initial": 0.1, "maintenance": 0.02},
}
RATES = {"option_minimum": ("initial_dollars", "maintenance_dollars")}


def account(positions=MIXED, collateral=None, **underlyings):
    held = [cash(1000.0), coin("USDT", -300.0)] if collateral is None else collateral
    return read_document(document(positions, held, {"BTC": BTC, "ETH": ETH} | underlyings, assets={"USDC": 0.95, "USDT": 1.0}))


def rules(**kinds):
    empty = {name: () for name in AddOnRules.model_fields}
    return AddOnRules.model_validate(empty | {name: [row] if isinstance(row, dict) else row for name, row in kinds.items()})


def pool(one, factors=None, quantity=None):
    factors = np.ones((1, len(one.underlyings))) if factors is None else np.asarray(factors, dtype=float)
    held = np.bincount(one.book.instrument, one.book.quantity, len(one.instruments.keys)) if quantity is None else quantity
    return Pool(one, np.tile(held, (len(factors), 1)), factors, one.collateral.amount)


def core(held, amount=100.0, names=None):
    names = held.account.underlyings if names is None else names
    full = np.full(held.states, amount)
    return Demand(tuple(Part("core", "core", name, 1.25 * full, full, is_core=True) for name in names), (), "Core.", held.states)


def charged(one, factors=None, amount=100.0, names=None, **kinds):
    held = pool(one, factors)
    return applied(core(held, amount, names), held, rules(**kinds))


def added(found, side="maintenance"):
    """What the add-ons ask at each state, dollars."""
    return sum((getattr(part, side) for part in found.parts if not part.is_core), np.zeros(found.states))


# One instrument at a time -----------------------------------------------------------------------------------------

def legs(one, factors):
    """Each leg at the moved prices: underlying, years, signed futures dollars, delta coins, mark dollars, vega, quantity."""
    ins = one.instruments
    for at, quantity in zip(one.book.instrument, one.book.quantity, strict=True):
        name = one.underlyings[ins.underlying[at]]
        k = factors[ins.underlying[at]]
        price, years = one.index[ins.underlying[at]] * k, ins.years[at]
        if ins.is_option[at]:
            F, K, v, unit = ins.forward[at] * k, ins.strike[at], ins.volatility[at] * math.sqrt(years), ins.unit[at]
            step = 1e-6 * F
            value = [float(black76.price(x, K, v, bool(ins.is_call[at]))) for x in (F - step, F, F + step)]
            vol = [float(black76.price(F, K, (ins.volatility[at] + d) * math.sqrt(years), bool(ins.is_call[at]))) for d in (-1e-4, 1e-4)]
            delta = unit * (value[2] - value[0]) / (2 * step) * F / price
            yield dict(name=name, years=years, futures=0.0, delta=quantity * delta, unit_delta=delta, mark=unit * value[1], K=K,
                       vega=quantity * unit * (vol[1] - vol[0]) / 2e-4 * 0.01, q=quantity, price=price, option=True, call=bool(ins.is_call[at]),
                       inverse=bool(ins.inverse[at]), perpetual=False)
        else:
            dollars = quantity if ins.inverse[at] else quantity * ins.mark[at] * k
            yield dict(name=name, years=None if math.isnan(years) else years, futures=dollars,
                       delta=quantity / (ins.mark[at] * k) if ins.inverse[at] else quantity, mark=0.0, vega=0.0,
                       q=quantity, price=price, option=False, unit_delta=0.0, perpetual=math.isnan(years), inverse=bool(ins.inverse[at]))


def matched(amounts):
    """(days apart, amount) of what opposite expiries offset, nearest pairs first; amounts by time."""
    left, out = dict(amounts), []
    for gap, a, b in sorted((b - a, a, b) for a in left for b in left if a < b):
        if left[a] * left[b] < 0:
            m = min(abs(left[a]), abs(left[b]))
            left[a] -= math.copysign(m, left[a])
            left[b] -= math.copysign(m, left[b])
            out.append((gap * 365, m))
    return out


def by_time(held, key):
    out = {}
    for leg in held:
        out[leg["years"] or 0.0] = out.get(leg["years"] or 0.0, 0.0) + leg[key]
    return out


def twin(kind, row, held, k):
    """The amount a row's rates are of, for the legs `held` of one underlying whose price is k times the present one."""
    S, market = held[0]["price"], MARKET
    net = sum(x["delta"] for x in held)
    gross = sum(abs(x["delta"]) for x in held)
    fut = [x["futures"] for x in held]
    if kind == "hedged_notional":
        return (sum(map(abs, fut)) - abs(sum(fut))) / 2
    if kind == "delta_minimum":
        return (row["net"] * abs(net) + row["hedged"] * (gross - abs(net)) / 2) * S
    if kind == "short_options":
        strikes = {}
        for x in (x for x in held if x["option"]):
            strikes[x["years"], x["K"]] = strikes.get((x["years"], x["K"]), 0.0) + x["q"]
        return S * sum(max(-q, 0.0) for q in strikes.values())
    if kind == "option_minimum":
        return sum(abs(x["q"]) for x in held if x["option"])
    if kind == "futures_rate":
        return sum(map(abs, fut))
    if kind == "term_move":
        deltas = {}
        for x in held:
            deltas[x["years"]] = deltas.get(x["years"], 0.0) + x["delta"]
        return S * sum(abs(d) * (row["perpetual"] if t is None else max(math.exp(row["yearly"] * t) - 1, row["least_move"]))
                       for t, d in deltas.items())
    if kind == "delta_spread":
        return S * sum(m for _, m in matched(by_time(held, "delta")))
    if kind == "vega_spread":
        return sum(m * days * row["points"] for days, m in matched(by_time(held, "vega")))
    if kind == "delta_shock":
        return abs(net) * S * min(row["slope"] * max(abs(net) - row["threshold"] / S, 0.0), row["most"])
    if kind == "tiered_minimum":
        out = 0.0
        for x in held:
            own = max(row["option"], row["option_delta"] * abs(x["unit_delta"])) * S
            own = min(own, x["mark"]) if x["q"] > 0 else own
            fee = min(row["fee"] * S, row["fee_share"] * x["mark"])
            out += abs(x["q"]) * (own + fee) if x["option"] else row["futures"] * abs(x["futures"])
        return out
    size = abs(net) * S / k
    if kind == "concentration":
        beyond = max(size - row["share"] * market["daily_volume"], 0.0)
        return beyond * (size / market["daily_volume"]) ** row["power"] * k
    if kind == "liquidity":
        wide = gross * S / k
        return market["spread"] / 2 * gross * S * (1 + row["slope"] * wide / market["depth"])
    if kind == "feed_doubt":
        notional = sum(abs(x["q"]) * S if x["option"] else abs(x["futures"]) for x in held)
        return (1 - market["confidence"]) * notional if market["confidence"] < row["threshold"] else 0.0
    if kind == "funding_provision":
        return max(sum(x["futures"] for x in held if x["perpetual"]) * market["funding_8h"] * row["hours"] / 8, 0.0)
    if kind == "fee_provision":
        return sum(abs(x["q"]) * min(row["option"] * S, row["option_share"] * x["mark"]) if x["option"]
                   else row["futures"] * abs(x["futures"]) for x in held)
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", AMOUNTS)
@pytest.mark.parametrize("factors", [(1.0, 1.0), (0.8, 1.3)])
def test_a_kind_asks_what_one_instrument_at_a_time_comes_to(kind, factors):
    one, row = account(), ROWS[kind] | {"place": "on top"}
    found = charged(one, [factors], **{kind: row})
    for u, name in enumerate(one.underlyings):
        held = [leg for leg in legs(one, factors) if leg["name"] == name]
        amount = twin(kind, row, held, factors[u])
        for side in ("initial", "maintenance"):
            rate = row.get(RATES.get(kind, ())[("initial", "maintenance").index(side)] if kind in RATES else side, 1.0)
            got = sum((getattr(part, side)[0] for part in found.parts if not part.is_core and part.underlying == name), 0.0)
            assert got == pytest.approx(rate * amount, rel=1e-6, abs=1e-9), (name, side)


@pytest.mark.parametrize(("count", "units"), [("option", 6.0), ("strike", 2.0), ("larger right", 4.0), ("every option", 10.5)])
def test_options_are_counted_short_naked_by_the_larger_right_or_all(count, units):
    """At 110, 4 calls short are covered by 3 puts and 1.5 calls long; 2 puts short stand at another strike."""
    row = {"initial_dollars": 1.0, "maintenance_dollars": 1.0, "count": count, "place": "on top", "underlying": "BTC"}
    assert added(charged(account(), option_minimum=row))[0] == pytest.approx(units, abs=1e-12)


@pytest.mark.parametrize(("of", "dollars"), [("perpetuals", 300.0), ("futures", 755.0), ("both", 1055.0)])
def test_a_futures_rate_is_of_perpetuals_of_dated_futures_or_of_both(of, dollars):
    row = {"initial": 1.0, "maintenance": 1.0, "of": of, "underlying": "BTC"}
    assert added(charged(account(), futures_rate=row))[0] == pytest.approx(dollars, abs=1e-9)
    net = {"perpetuals": 300.0, "futures": 255.0, "both": 45.0}[of]
    assert added(charged(account(), futures_rate=row | {"count": "net"}))[0] == pytest.approx(net, abs=1e-9)


def test_delta_less_premium_takes_the_mark_in_coin_off_options_settled_in_coin():
    one = account([call(110.0, 1.5, settlement="inverse"), call(110.0, 1.5)])
    held = Exposure(pool(one))
    inverse = one.instruments.inverse
    assert held.delta()[0, inverse] - held.delta("less premium")[0, inverse] == pytest.approx(1.5 * held.mark[0, inverse] / 100.0)
    assert held.delta()[0, ~inverse] == held.delta("less premium")[0, ~inverse]


def test_spreads_count_the_pair_or_the_time_between():
    one = account([perpetual(2.0, 100.0), future(-2.0, 100.0, seconds=73 * DAY)])
    asked = {by: added(charged(one, delta_spread={"by": by}))[0] for by in ("pair", "year apart", "day apart")}
    assert asked == {"pair": pytest.approx(200.0), "year apart": pytest.approx(40.0), "day apart": pytest.approx(200.0 * 73)}


# Places -----------------------------------------------------------------------------------------------------------

def test_a_floor_adds_what_the_core_lacks_and_nothing_more():
    row = {"net": 1.0, "hedged": 0.0, "place": "floor of the core", "underlying": "BTC"}
    one = account([perpetual(2.0, 100.0)])
    for amount in (50.0, 200.0, 500.0):
        found = charged(one, amount=amount, delta_minimum=row)
        by_name = [p for p in found.parts if p.underlying == "BTC"]
        assert sum(p.maintenance[0] for p in by_name) == pytest.approx(max(amount, 200.0))
        assert sum(p.initial[0] for p in by_name) == pytest.approx(max(1.25 * amount, 200.0))
        assert ("Higher than that" in found.worst) == (amount < 200.0)


def test_amounts_in_the_core_come_before_floors_and_those_on_top_after():
    one = account([perpetual(2.0, 100.0)])
    floor = {"net": 1.0, "hedged": 0.0, "underlying": "BTC"}
    for place, total in (("in the core", 200.0), ("on top", 220.0)):
        rate = {"initial": 0.1, "maintenance": 0.1, "place": place}
        found = charged(one, amount=150.0, names=("BTC",), delta_minimum=floor, futures_rate=rate)
        assert found.maintenance[0] == pytest.approx(total)


def test_a_core_of_several_underlyings_meets_floors_as_a_whole():
    found = charged(account([perpetual(2.0, 100.0), perpetual(10.0, 10.0, underlying="ETH")]), amount=150.0, names=("",),
                    delta_minimum={"net": 1.0, "hedged": 0.0})
    assert found.maintenance[0] == pytest.approx(300.0)
    assert [p.underlying for p in found.parts] == ["", ""]


def test_scales_multiply_the_core_within_their_bounds():
    one = account([perpetual(2.0, 100.0)])
    for most, factor in ((3.0, 4 / 3), (1.2, 1.2)):
        found = charged(one, volatility_scale={"power": 1.0, "least": 0.5, "most": most}, names=("BTC",))
        assert found.maintenance[0] == pytest.approx(100.0 * factor) and found.initial[0] == pytest.approx(125.0 * factor)
    calm = account([perpetual(2.0, 100.0)], BTC=BTC | {"daily_volatility": 0.01})
    assert charged(calm, volatility_scale=ROWS["volatility_scale"], names=("BTC",)).maintenance[0] == pytest.approx(50.0)
    big = charged(one, liquidity_scale=ROWS["liquidity_scale"], names=("BTC",)).maintenance[0]
    assert big == pytest.approx(100.0 * math.sqrt(200.0 / (0.1 * 1000.0)))


@pytest.mark.parametrize(("tool", "size", "total"), [
    ("buffer", 0.25, 125.0), ("stressed weight", 0.25, 75.0 + 0.25 * 200.0), ("long floor", 1.0, 125.0)])
def test_tools_against_procyclicality_ask_what_their_rule_says(tool, size, total):
    found = charged(account([perpetual(2.0, 100.0)]), names=("BTC",), procyclicality={"tool": tool, "size": size})
    assert found.maintenance[0] == pytest.approx(total)
    wild = account([perpetual(2.0, 100.0)], BTC=BTC | {"daily_volatility": 0.16})
    relieved = charged(wild, names=("BTC",), procyclicality={"tool": tool, "size": size}).maintenance[0]
    assert relieved == pytest.approx({"buffer": 125.0, "stressed weight": 75.0 + 25.0 * 0.5, "long floor": 100.0}[tool])


def test_what_is_owed_and_a_coin_below_par():
    one = account()
    assert added(charged(one, borrowing=ROWS["borrowing"]), "initial")[0] == pytest.approx(30.0)
    assert added(charged(one, borrowing=[ROWS["borrowing"], {"underlying": "USDT", "maintenance": 0.5}]))[0] == pytest.approx(150.0)
    assert added(charged(one, depeg=ROWS["depeg"]))[0] == pytest.approx(200.0 * 0.04 * 4.0)
    on = ROWS["depeg"] | {"on": "short options and futures", "underlying": "BTC"}
    assert added(charged(one, depeg=on))[0] == pytest.approx(0.16 * (6.0 * 100.0 + 1055.0))


def test_the_least_charge_by_contract_counts_more_in_steps():
    """OKX, portfolio margin: 30,000 of charge, doubled from 10,000 on."""
    bounds, times = (0, 10_000, 70_000, 170_000, 300_000, 470_000, 700_000), (1, 2, 4, 6, 8, 10, 12)
    steps = [MinimumStep(start=start, multiplier=m) for start, m in zip(bounds, times, strict=True)]
    assert stepped(np.array([0.0, 5_000.0, 30_000.0, 100_000.0]), steps).tolist() == [0.0, 5_000.0, 50_000.0, 250_000.0]
    one = account([perpetual(2.0, 100.0)])
    row = ROWS["tiered_minimum"] | {"futures": 1.0}
    steps = [{"from": 0, "multiplier": 1.0}, {"from": 150.0, "multiplier": 3.0}]
    assert added(charged(one, tiered_minimum=row, minimum_steps=steps))[0] == pytest.approx(300.0)


# What the account file does not say -------------------------------------------------------------------------------

@pytest.mark.parametrize(("kind", "key"), [
    ("concentration", "daily_volume"), ("liquidity", "spread"), ("liquidity", "depth"), ("feed_doubt", "confidence"),
    ("funding_provision", "funding_8h"), ("volatility_scale", "reference_volatility"), ("volatility_scale", "daily_volatility"),
    ("liquidity_scale", "daily_volume")])
def test_a_figure_that_is_not_given_leaves_the_add_on_out_with_the_reason(kind, key):
    one = account(BTC={name: value for name, value in BTC.items() if name != key})
    found = charged(one, **{kind: ROWS[kind]})
    assert found.left_out == (next(line for line in found.left_out if f"market.underlyings.BTC.{key} is not given" in line),)
    whole = charged(account(), **{kind: ROWS[kind]})
    assert not whole.left_out
    assert [p.underlying for p in found.parts if not p.is_core] == [p.underlying for p in whole.parts if not p.is_core and p.underlying != "BTC"]


@pytest.mark.parametrize(("tool", "key"), [("stressed weight", "stressed_volatility"), ("long floor", "long_volatility")])
def test_a_tool_without_its_volatility_is_left_out_with_the_reason(tool, key):
    one = account(BTC={name: value for name, value in BTC.items() if name != key})
    found = charged(one, procyclicality={"tool": tool, "size": 0.25})
    assert len(found.left_out) == 1 and f"BTC.{key} is not given" in found.left_out[0]
    assert not np.isnan(found.maintenance).any()


def test_a_coin_without_price_is_left_out_with_the_reason():
    found = charged(account(), depeg=ROWS["depeg"] | {"asset": "DAI"})
    assert "DAI" in found.left_out[0] and found.maintenance[0] == 200.0


def test_what_is_not_held_needs_no_figures():
    one = account([perpetual(2.0, 100.0)], ETH={"price": 10.0})
    assert not charged(one, concentration=ROWS["concentration"], funding_provision=ROWS["funding_provision"]).left_out
    options = account([call(110.0, -1.0)], BTC={"price": 100.0, "volatility": 0.6})
    assert not charged(options, funding_provision=ROWS["funding_provision"]).left_out


# Laws -------------------------------------------------------------------------------------------------------------

def with_rate(kind, row, rate):
    return row | dict.fromkeys(RATES.get(kind, ("initial", "maintenance")), rate)


sizes = st.lists(st.floats(-5.0, 5.0).map(lambda x: round(x, 3)).filter(bool), min_size=len(MIXED), max_size=len(MIXED))


def book(scales):
    return account([{**leg, "quantity": leg["quantity"] * scale} for leg, scale in zip(MIXED, scales, strict=True)])


@pytest.mark.parametrize("kind", ROWS)
@fewer
@given(scales=sizes, rate=st.floats(0.0, 2.0), more=st.floats(0.0, 2.0), up=st.floats(0.3, 3.0))
def test_an_add_on_is_never_negative_rises_with_its_rate_and_is_nothing_at_rate_0(kind, scales, rate, more, up):
    one, factors = book(scales), [(1.0, 1.0), (up, 1.0), (1.0 / up, up)]
    asked = {one_rate: charged(one, factors, **{kind: with_rate(kind, ROWS[kind], one_rate)}) for one_rate in (0.0, rate, rate + more)}
    assert [part for part in asked[0.0].parts if not part.is_core] == []
    for side in ("initial", "maintenance"):
        low, high = added(asked[rate], side), added(asked[rate + more], side)
        assert (low >= 0).all() and (high >= low - 1e-9 * (1.0 + np.abs(high))).all()
    found = asked[rate]
    assert sum(part.maintenance for part in found.parts) == pytest.approx(found.maintenance, rel=1e-12)


@fewer
@given(scales=sizes, up=st.floats(0.3, 3.0))
def test_states_charged_together_are_the_states_charged_alone(scales, up):
    one, factors = book(scales), [(1.0, 1.0), (up, 1.0), (1.0, 1.0 / up)]
    together = charged(one, factors, **ROWS)
    for s, factor in enumerate(factors):
        alone = charged(one, [factor], **ROWS)
        assert together.maintenance[s] == pytest.approx(alone.maintenance[0], rel=1e-12)
        assert together.initial[s] == pytest.approx(alone.initial[0], rel=1e-12)


NUDGED = [(kind, key) for kind, row in ROWS.items() for key, value in row.items() if not isinstance(value, str)]
CHOICES = [("short_options", "count", "option"), ("option_minimum", "count", "larger right"), ("futures_rate", "of", "futures"),
           ("futures_rate", "count", "net"), ("term_move", "compounding", "simple"), ("term_move", "delta", "less premium"),
           ("term_move", "priced", "mark"), ("futures_rate", "priced", "index"),
           ("delta_spread", "by", "year apart"), ("delta_shock", "delta", "less premium"), ("procyclicality", "tool", "long floor"),
           ("depeg", "asset", "USDT"), ("depeg", "on", "short options and futures")]


LOWEST = {("liquidity_scale", "share"): 0.01, ("liquidity_scale", "most"): 1.0, ("volatility_scale", "most"): 0.5}
HIGHEST = {("feed_doubt", "threshold"): 1.0, ("term_move", "yearly"): 10.0, ("volatility_scale", "least"): 3.0}


@pytest.mark.parametrize(("kind", "key"), NUDGED)
def test_E4_every_number_bites_at_an_extreme(kind, key):
    factors = [(1.0, 1.0), (20.0, 1.0), (0.05, 1.0)]
    one = account(BTC=BTC | {"daily_volatility": 0.001}, ETH=ETH | {"daily_volatility": 0.2})
    low, high = LOWEST.get((kind, key), 0.0), 2.0 if key == "power" else HIGHEST.get((kind, key), 1e4)
    before, *after = (charged(one, factors, **{kind: ROWS[kind] | more}) for more in ({}, {key: low}, {key: high}))
    assert any((getattr(before, side) != getattr(found, side)).any() for found in after for side in ("initial", "maintenance"))


@pytest.mark.parametrize(("kind", "key", "other"), CHOICES)
def test_E4_every_choice_bites(kind, key, other):
    before, after = (charged(account(), **{kind: row}) for row in (ROWS[kind], ROWS[kind] | {key: other}))
    assert before.maintenance[0] != after.maintenance[0]


@pytest.mark.parametrize("kind", [kind for kind in (*AMOUNTS, *SCALES)])
def test_a_row_of_an_underlying_wins_over_that_of_any(kind):
    base = ROWS[kind] | ({"place": "on top"} if kind in AMOUNTS else {})
    own = with_rate(kind, base, 7.0) | {"underlying": "BTC"}
    whole, split = charged(account(), **{kind: base}), charged(account(), **{kind: [base, own]})
    def part(found, name):
        return [p.maintenance[0] for p in found.parts if p.underlying == name and not p.is_core]

    assert part(split, "ETH") == part(whole, "ETH")
    alone = charged(account(), **{kind: own})
    assert part(split, "BTC") == part(alone, "BTC") and part(alone, "ETH") == []


@pytest.mark.parametrize("rows", [
    {"hedged_notional": [{"initial": 0.1, "maintenance": 0.1}] * 2},
    {"minimum_steps": [{"from": 5.0, "multiplier": 1.0}]},
    {"minimum_steps": [{"from": 0.0, "multiplier": 1.0}, {"from": 0.0, "multiplier": 2.0}]},
    {"volatility_scale": [{"power": 1.0, "least": 2.0, "most": 1.0}]},
    {"hedged_notional": [{"initial": -0.1, "maintenance": 0.1}]},
])
def test_rows_that_cannot_be_read_are_refused(rows):
    with pytest.raises(ValueError):
        rules(**rows)


def test_options_at_expiry_have_a_delta_and_no_vega():
    one = account([option("call", 90.0, 1.0, seconds=1), option("put", 90.0, 1.0, seconds=1)])
    held = Exposure(pool(one))
    assert held.delta()[0] == pytest.approx([1.0, 0.0], abs=1e-12) and held.vega[0] == pytest.approx([0.0, 0.0], abs=1e-12)
