"""Margin by sensitivities: a slow twin, laws of its aggregation, figures by hand, and every parameter bites."""

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from db.samples import SAMPLES
from risk_core.margin.compare import compare
from risk_core.margin.methods.sensitivities.simm import Sensitivity, margin
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core.books import call, cash, document, maintenance, perpetual, put

BOOK = load.load("simm")
RULES = BOOK.rules.sensitivities
NO_LIMIT = {f"{risk}_buckets": [row | {"threshold": 1e18, "vega_threshold": 1e18}
                                for row in BOOK.parameters[f"sensitivities.{risk}_buckets"].value]
            for risk in ("equity", "commodity")}
UNCONCENTRATED = load.override(BOOK, {"sensitivities": NO_LIMIT | {
    "fx_thresholds": {"1": 1e18, "2": 1e18, "3": 1e18},
    "fx_vega_thresholds": dict.fromkeys(("11", "12", "13", "22", "23", "33"), 1e18)}}).rules.sensitivities
NAMES = st.sampled_from([("equity", "A", "1"), ("equity", "B", "1"), ("equity", "C", "11"), ("equity", "D", "Residual"),
                         ("equity", "V", "12"), ("commodity", "Oil", "2"), ("commodity", "Gas", "6"),
                         ("commodity", "BTC", "16"), ("commodity", "ETH", "16"), ("commodity", "Gold", "12")])
AMOUNTS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 2))
DELTAS = st.tuples(NAMES, AMOUNTS).map(lambda x: (Sensitivity("Mixed", x[0][0], "delta", x[0][1], x[0][2]), x[1]))
VEGAS = st.tuples(NAMES, AMOUNTS, st.sampled_from([7.0, 30.0, 365.0])).map(
    lambda x: (Sensitivity("Mixed", x[0][0], "vega", x[0][1], x[0][2], x[2]), x[1] / 100))
BOOKS = st.lists(st.one_of(DELTAS, VEGAS), min_size=1, max_size=8)


def charged(book, rules=RULES):
    return float(margin(rules, [one for one, _ in book], np.array([[amount for _, amount in book]])).total[0])


# Slow twin --------------------------------------------------------------------------------------------------------

def twin(book, rules):
    """The same from the published formulas, one number at a time."""
    total = {}
    for risk in ("equity", "commodity"):
        rows = rules.buckets(risk)
        z, scale = float(ndtri(rules.curvature_confidence)), math.sqrt(365 / rules.horizon_days) / float(ndtri(rules.vega_confidence))
        hvr = rules.equity_vega_ratio if risk == "equity" else rules.commodity_vega_ratio
        delta, vega, curve = {}, {}, {}
        for one, amount in book:
            if one.risk == risk:
                row, at = rows[one.bucket], (one.bucket, one.name)
                if one.measure == "delta":
                    delta[at] = delta.get(at, 0.0) + amount
                else:
                    sigma = row.risk_weight * scale
                    vega[at] = vega.get(at, 0.0) + hvr * sigma * amount
                    short = 0.5 * min(1.0, rules.horizon_days / one.days)
                    curve[at] = curve.get(at, 0.0) + (short * sigma * amount if row.curvature == "yes" else 0.0)
        weighted = {}
        for name, held, weight, limit in (("delta", delta, "risk_weight", "threshold"), ("vega", vega, "vega_weight", "vega_threshold")):
            more = {at: max(1.0, math.sqrt(abs(s) / getattr(rows[at[0]], limit))) for at, s in held.items()}
            weighted[name] = {at: (getattr(rows[at[0]], weight) * s * more[at], more[at]) for at, s in held.items()}
        out = sum(root(rules, risk, weighted[name], 1, False) + root(rules, risk, weighted[name], 1, True) for name in weighted)
        for residual in (False, True):
            mine = [s for at, s in curve.items() if (at[0] == "Residual") == residual]
            size = sum(abs(s) for s in mine)
            theta = min(0.0, sum(mine) / size) if size else 0.0
            tail = (z * z - 1) * (1 + theta) - theta
            out += max(0.0, sum(mine) + tail * root(rules, risk, {at: (s, 1.0) for at, s in curve.items()}, 2, residual))
        total[risk] = out
    psi = rules.between_classes["equity commodity"]
    return math.sqrt(total["equity"] ** 2 + total["commodity"] ** 2 + 2 * psi * total["equity"] * total["commodity"])


def root(rules, risk, held, power, residual):
    """√(Σ K² + Σ γ S S) of the buckets, or of the residual one."""
    sizes, sums = {}, {}
    for bucket in {at[0] for at in held if (at[0] == "Residual") == residual}:
        mine = [held[at] for at in held if at[0] == bucket]
        rho = rules.buckets(risk)[bucket].correlation ** power
        square = sum(a * b * (1.0 if i == j else rho * min(f, g) / max(f, g))
                     for i, (a, f) in enumerate(mine) for j, (b, g) in enumerate(mine))
        sizes[bucket] = math.sqrt(max(square, 0.0))
        sums[bucket] = max(-sizes[bucket], min(sizes[bucket], sum(a for a, _ in mine)))
    between = rules.between(risk)
    square = sum(k * k for k in sizes.values()) + sum(
        between.get((a, b), 0.0) ** power * sums[a] * sums[b] for a in sizes for b in sizes if a != b)
    return math.sqrt(max(square, 0.0))


@given(BOOKS)
def test_the_arrays_agree_with_the_slow_twin(book):
    assert math.isclose(charged(book), twin(book, RULES), rel_tol=1e-9, abs_tol=1e-3)


# Laws -------------------------------------------------------------------------------------------------------------

@given(BOOKS, st.floats(0.01, 100.0))
def test_margin_grows_in_proportion_without_concentration_and_at_least_so_with_it(book, k):
    larger = [(one, k * amount) for one, amount in book]
    assert math.isclose(charged(larger, UNCONCENTRATED), k * charged(book, UNCONCENTRATED), rel_tol=1e-9, abs_tol=1e-3)


def test_concentration_makes_margin_grow_faster_than_the_book():
    """F8: not homogeneous above the threshold: four times the size, eight times the margin of a single name."""
    one = Sensitivity("Commodity", "commodity", "delta", "BTC", "16")
    limit = RULES.buckets("commodity")["16"].threshold
    assert math.isclose(charged([(one, 4 * limit)]), 8 * charged([(one, limit)]))
    assert math.isclose(charged([(one, 0.5 * limit)]), 0.5 * charged([(one, limit)]))


@given(BOOKS)
def test_equal_and_opposite_sensitivities_net_to_nothing(book):
    size = sum(abs(amount) for _, amount in book)
    assert charged([*book, *((one, -amount) for one, amount in book)]) <= 1e-9 * size


COINS = st.lists(st.tuples(st.sampled_from(["BTC", "ETH", "SOL"]), AMOUNTS), min_size=1, max_size=4).map(
    lambda rows: [(Sensitivity("Mixed", "commodity", "delta", name, "16"), amount) for name, amount in rows])


@given(COINS, COINS)
def test_two_books_of_one_bucket_never_need_more_together_than_apart_without_concentration(left, right):
    """The norm of a positive semidefinite correlation is subadditive (R10)."""
    apart = charged(left, UNCONCENTRATED) + charged(right, UNCONCENTRATED)
    assert charged([*left, *right], UNCONCENTRATED) <= apart * (1 + 1e-9) + 1e-6


@given(st.lists(AMOUNTS, min_size=2, max_size=5), st.sampled_from(["1", "2", "11", "16"]))
def test_margin_of_a_bucket_lies_between_the_root_of_squares_and_the_sum(amounts, bucket):
    """R11: K ≤ ‖w‖₁, and with correlations ≥ 0 and equal signs K ≥ ‖w‖₂."""
    sizes = [abs(amount) for amount in amounts]
    book = [(Sensitivity("Commodity", "commodity", "delta", f"N{i}", bucket), size) for i, size in enumerate(sizes)]
    weight = RULES.buckets("commodity")[bucket].risk_weight
    got = charged(book, UNCONCENTRATED)
    assert weight * math.hypot(*sizes) * (1 - 1e-9) <= got <= weight * sum(sizes) * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(("correlation", "sign", "factor"), [(1.0, 1, 2.0), (0.0, 1, math.sqrt(2)), (0.0, -1, math.sqrt(2)), (1.0, -1, 0.0)])
def test_correlation_at_its_bounds(correlation, sign, factor):
    rows = [row | {"correlation": correlation} for row in NO_LIMIT["commodity_buckets"]]
    rules = load.override(BOOK, {"sensitivities": {"commodity_buckets": rows}}).rules.sensitivities
    book = [(Sensitivity("Commodity", "commodity", "delta", name, "16"), amount) for name, amount in (("A", 100.0), ("B", sign * 100.0))]
    assert math.isclose(charged(book, rules), 5_800.0 * factor, rel_tol=1e-9, abs_tol=1e-6)


def test_the_shipped_correlations_are_correlation_matrices():
    for risk in ("equity", "commodity"):
        names = [name for name in RULES.buckets(risk) if name != "Residual"]
        pairs = RULES.between(risk)
        matrix = np.array([[1.0 if a == b else pairs.get((a, b), 0.0) for b in names] for a in names])
        assert np.linalg.eigvalsh(matrix).min() > 0


# Books ------------------------------------------------------------------------------------------------------------

def test_a_perpetual_is_charged_its_risk_weight():
    doc = document([perpetual(10.0, 100.0)], [cash(1e6)], {"BTC": {"price": 100.0}}, "simm")
    assert math.isclose(maintenance(doc, "portfolio"), 0.58 * 1_000.0)


def test_a_call_and_a_put_of_one_strike_have_opposite_vega_short_and_long():
    legs = [call(100.0, 5.0), put(100.0, -5.0), perpetual(-5.0, 100.0)]
    doc = document(legs, [cash(1e6)], {"BTC": {"price": 100.0, "volatility": 0.6}}, "simm")
    assert maintenance(doc, "portfolio") < 1e-6, "long call, short put, short underlying is no risk"


def test_a_short_option_has_curvature_and_a_long_one_does_not():
    """The counterparty collects: it is long what the account is short. θ is 0 then, and λ = z² − 1; else −1, and λ = 1."""
    asked = {}
    for size in (5.0, -5.0):
        doc = document([call(100.0, size), perpetual(-size * 0.53, 100.0)], [cash(1e6)],
                       {"BTC": {"price": 100.0, "volatility": 0.6}}, "simm")
        parts = compare(read_document(doc), BOOK, ["portfolio"]).modes["portfolio"].components
        asked[size] = next((part.amount for part in parts if part.name.startswith("Curvature")), 0.0)
    assert asked[5.0] < 1e-6 < 100.0 < asked[-5.0]


MOVED = {
    "commodity_buckets": [row | {"risk_weight": 60.0} for row in BOOK.parameters["sensitivities.commodity_buckets"].value],
    "commodity_vega_ratio": 0.9,
    "horizon_days": 20.0,
    "vega_confidence": 0.95,
    "curvature_confidence": 0.999,
    "mapping": [{"underlying": "BTC", "risk_class": "equity", "bucket": "11"}],
    "other_class": "equity",
    "other_bucket": "10",
    "maintenance_share": 0.5,
}
BY_MAPPING = {"equity_buckets": [row | {"risk_weight": 99.0} for row in BOOK.parameters["sensitivities.equity_buckets"].value],
              "equity_between": [{"first": "9", "second": "10", "correlation": 0.9}], "equity_vega_ratio": 0.9,
              "commodity_between": [{"first": "2", "second": "12", "correlation": 0.9}]}
PLACES = [{"underlying": "BTC", "risk_class": "equity", "bucket": "9"}, {"underlying": "ETH", "risk_class": "equity", "bucket": "10"}]
GOODS = [{"underlying": "BTC", "risk_class": "commodity", "bucket": "2"}, {"underlying": "ETH", "risk_class": "commodity", "bucket": "12"}]
ACCOUNTS = [read(file.read_text("utf-8")) for file in sorted(SAMPLES.glob("*.margin.json"))[4:14:3]]


def asked(book):
    heads = [compare(account, book, ["portfolio"]).modes["portfolio"].head for account in ACCOUNTS]
    return [(head.initial_margin, head.maintenance_margin) for head in heads]


@pytest.fixture(scope="module")
def usual():
    return asked(BOOK)


@pytest.mark.parametrize("key", MOVED)
def test_E4_a_parameter_bites(key, usual):
    value = {key: copy.deepcopy(MOVED[key])} | ({"other_bucket": "11"} if key == "other_class" else {})
    assert asked(load.override(BOOK, {"sensitivities": value})) != usual


@pytest.mark.parametrize("key", BY_MAPPING)
def test_E4_a_parameter_of_another_bucket_bites_where_coins_are_mapped_to_it(key):
    mapped = load.override(BOOK, {"sensitivities": {"mapping": GOODS if "commodity" in key else PLACES}})
    assert asked(load.override(mapped, {"sensitivities": {key: BY_MAPPING[key]}})) != asked(mapped)


PAIR = [Sensitivity("RatesFX", "fx", "delta", "EUR"), Sensitivity("RatesFX", "fx", "delta", "BRL"),
        Sensitivity("RatesFX", "fx", "vega", "EURUSD", "", 90.0), Sensitivity("RatesFX", "fx", "vega", "BRLUSD", "", 30.0)]
FX = {"currencies": [{"currency": "EUR", "category": "2", "volatility": "high"}],
      "fx_weights": {"regular regular": 9.0}, "fx_regular_correlations": {"regular high": 0.9},
      "fx_thresholds": {"1": 1e3}, "fx_vega_weight": 0.9, "fx_vega_ratio": 0.9, "fx_vega_correlation": 0.9,
      "fx_vega_thresholds": {"11": 1e3}, "between_classes": {"fx equity": 0.9}}


@pytest.mark.parametrize("key", FX)
def test_E4_a_parameter_of_currencies_bites(key):
    columns = [*PAIR, Sensitivity("RatesFX", "equity", "delta", "SPX", "11")]
    amount = np.array([[1e6, -2e6, 1e5, 3e5, 1e6]])
    moved = load.override(BOOK, {"sensitivities": {key: FX[key]}}).rules.sensitivities
    assert margin(moved, columns, amount).total[0] != margin(RULES, columns, amount).total[0]


def test_a_volatile_calculation_currency_has_correlations_of_its_own():
    currencies = [{"currency": "USD", "category": "1", "volatility": "high"}]
    own = load.override(BOOK, {"sensitivities": {"currencies": currencies}})
    moved = load.override(own, {"sensitivities": {"fx_high_correlations": {"regular regular": 0.1}}})
    amount = np.array([[1e6, -2e6]])
    got = [margin(book.rules.sensitivities, PAIR[:2], amount).total[0] for book in (own, moved)]
    assert got[0] != got[1]


def test_the_parameters_are_those_of_the_published_cases():
    shared = ROOT.parent / "shared/golden/portfolio.json"
    if not shared.exists():
        pytest.skip("the cases that state the parameters are not beside this folder")
    from tests.golden.sensitivity_cases import overrides

    stated = next(case["inputs"]["parameters"] for case in json.loads(shared.read_text("utf-8"))
                  if "parameters" in case["inputs"] and "SIMM" in case["system"])
    assert charged_all(load.override(BOOK, {"sensitivities": overrides(stated)})) == charged_all(BOOK)


def charged_all(book):
    rules = book.rules.sensitivities
    columns = [Sensitivity("Mixed", risk, measure, name, name, 45.0) for risk in ("equity", "commodity")
               for name in rules.buckets(risk) for measure in ("delta", "vega")] + PAIR
    return margin(rules, columns, np.linspace(-3e9, 5e9, len(columns))[None]).total[0]


def test_what_is_held_is_said():
    doc = document([perpetual(-10.0, 100.0)], [cash(1e6)], {"BTC": {"price": 100.0}}, "simm")
    account = read_document(doc)
    assert compare(account, BOOK, ["portfolio"]).modes["portfolio"].worst == "Largest sensitivity: BTC delta −10 USD per +1 %."
    assert set(compare(account, BOOK).modes) == set(MODES)
