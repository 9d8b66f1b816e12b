"""P: Black-76, its Greeks and implied volatility, and the volatility surface."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.errors import Refused
from risk_core.margin.charges import scan
from risk_core.portfolio.account_file import read_document
from risk_core.valuation import black76
from tests import oracle
from tests.core import strategies as some
from tests.core.books import DAY, YEAR, call, close, document, equity, held, instant, put, times

F_, K_ = some.log_uniform(1e-6, 1e6), some.log_uniform(0.1, 10.0)     # forward, strike ÷ forward
V_ = some.log_uniform(1e-3, 5.0)                                      # σ√T
kinds = st.booleans()


def value(F, K, v, is_call=True):
    return float(black76.price(np.float64(F), np.float64(K), np.float64(v), is_call))


@given(F=F_, m=K_, v=V_)
def test_P1_parity(F, m, v):
    K = m * F
    assert close(value(F, K, v) - value(F, K, v, is_call=False), F - K, 1e-12 * (F + K))


@given(S=some.log_uniform(1.0, 1e5), m=K_, rate=some.rates, iv=some.volatilities, expiry=some.expiries,
       settlement=st.sampled_from(("linear", "inverse")))
def test_P1_parity_of_account_values(S, m, rate, iv, expiry, settlement):
    """C − P = D (F − K) in dollars; settled in coin D (1 − K ÷ F) coins, counted at the index price."""
    T, K = expiry / YEAR, m * S
    F, D = S * math.exp(rate * T), math.exp(-rate * T)
    market = {"BTC": {"price": S, "rate": rate, "volatility": iv}}
    legs = [make(K, n, seconds=expiry, settlement=settlement) for make, n in ((call, 1.0), (put, -1.0))]
    expected = D * (F - K) if settlement == "linear" else D * (1 - K / F) * S
    assert close(equity(document(legs, 0, market), "portfolio"), expected, 1e-12 * (S + F + K))


@given(F=F_, m=K_, v=V_, is_call=kinds)
def test_P2_bounds(F, m, v, is_call):
    K = m * F
    low, high = black76.bounds(F, K, is_call)
    assert low - 1e-13 * (F + K) <= value(F, K, v, is_call) <= high + 1e-13 * (F + K)


@given(F=F_, m=K_, v=V_, up=st.floats(1.0, 3.0))
def test_P3_a_call_rises_with_forward_and_volatility_and_falls_with_strike(F, m, v, up):
    K, slack = m * F, 1e-13 * F * (1 + m) * up
    assert value(F * up, K, v) >= value(F, K, v) - slack
    assert value(F, K, v * up) >= value(F, K, v) - slack
    assert value(F, K * up, v) <= value(F, K, v) + slack


def test_F10_a_longer_option_may_be_cheaper():
    # Put of strike 100 at 50, rate 10 %, 20 %: 0.1 years e^−0.01 × 100 − 50 = 49.00; a year e^−0.1 × 100 − 50 = 40.48.
    market = {"BTC": {"price": 50.0, "rate": 0.1, "volatility": 0.2}}
    short, long = (equity(document([put(100.0, 1.0, seconds=round(T * YEAR))], 0, market), "portfolio") for T in (0.1, 1.0))
    assert (short, long) == pytest.approx((49.005, 40.49), abs=0.01)


@given(F=F_, m=K_, v=V_, width=st.floats(0.01, 0.9))
def test_P4_convex_in_strike_with_a_slope_between_minus_one_and_zero(F, m, v, width):
    K, h = m * F, m * F * width
    left, middle, right = (value(F, strike, v) for strike in (K - h, K, K + h))
    assert left - 2 * middle + right >= -1e-12 * (F + K)
    assert -h - 1e-12 * (F + K) <= middle - left <= 1e-12 * (F + K)


@given(F=F_, m=K_, v=V_, unit=some.log_uniform(1e-4, 1e4), is_call=kinds)
def test_P5_homogeneous(F, m, v, unit, is_call):
    assert close(value(unit * F, unit * m * F, v, is_call), unit * value(F, m * F, v, is_call), 1e-12 * unit * F * (1 + m))


@given(F=F_, m=K_, v=V_)
def test_P6_put_call_symmetry(F, m, v):
    K = m * F
    assert close(value(F, K, v), K / F * value(F, F * F / K, v, is_call=False), 1e-12 * (F + K))


def greeks(F, K, sigma, T, rate, is_call):
    one = np.ones(1)
    found = black76.greeks(F * one, K * one, sigma * one, T * one, math.exp(-rate * T) * one, np.array([is_call]), rate * one)
    return {name: float(getattr(found, name)[0]) for name in ("value", "delta", "gamma", "vega", "theta", "delta_coin")}


def exact(F, K, sigma, T, rate, is_call):
    """Discounted Black-76 with 50 digits."""
    with mpmath.workdps(50):
        F, K, sigma, T, rate = map(mpmath.mpf, (F, K, sigma, T, rate))
        v = sigma * mpmath.sqrt(T)
        d1 = mpmath.log(F / K) / v + v / 2
        sign = 1 if is_call else -1
        return mpmath.exp(-rate * T) * sign * (F * mpmath.ncdf(sign * d1) - K * mpmath.ncdf(sign * (d1 - v)))


greek_arguments = dict(F=some.log_uniform(1.0, 1e5), m=st.floats(0.5, 2.0), sigma=st.floats(0.1, 2.0), T=st.floats(0.02, 2.0),
                       rate=st.floats(-0.1, 0.2), is_call=kinds)


@given(**greek_arguments)
def test_P7_greeks_are_the_derivatives(F, m, sigma, T, rate, is_call):
    """Central differences of the 50-digit price: no step is too small there."""
    K, g = m * F, greeks(F, m * F, sigma, T, rate, is_call)
    with mpmath.workdps(50):
        h = mpmath.mpf(10) ** -12
        f, now = F * h, exact(F, K, sigma, T, rate, is_call)
        up, down = (exact(F + f * s, K, sigma, T, rate, is_call) for s in (1, -1))
        delta, gamma = (up - down) / (2 * f), (up - 2 * now + down) / f**2
        vega = (exact(F, K, sigma + h, T, rate, is_call) - exact(F, K, sigma - h, T, rate, is_call)) / (2 * h)
        theta = -(exact(F, K, sigma, T + h, rate, is_call) - exact(F, K, sigma, T - h, rate, is_call)) / (2 * h)
    assert close(g["value"], now, 1e-12 * (F + K)) and close(g["delta"], delta, 1e-9)
    assert close(g["gamma"] * F, gamma * F, 1e-9 * (1 + g["gamma"] * F))
    assert close(g["vega"] * 100, vega, 1e-9 * F) and close(g["theta"] * 365, theta, 1e-8 * F)
    assert close(g["delta_coin"], delta - now / F, 1e-9)          # d(V ÷ F)/dF · F


@given(**greek_arguments)
def test_P8_relations_between_greeks(F, m, sigma, T, rate, is_call):
    del is_call
    K, D = m * F, math.exp(-rate * T)
    c, p = (greeks(F, K, sigma, T, rate, kind) for kind in (True, False))
    assert close(c["delta"] - p["delta"], D, 1e-12)
    assert (c["gamma"], c["vega"]) == (p["gamma"], p["vega"])
    assert math.isclose(c["vega"] * 100, F * F * sigma * T * c["gamma"], rel_tol=1e-9, abs_tol=1e-300)
    bend = 0.5 * sigma**2 * F**2 * c["gamma"]
    assert close(c["theta"] * 365 + bend, rate * c["value"], 1e-12 * (F + 2 * bend))


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("K", [80.0, 100.0, 125.0])
def test_P9_without_volatility_the_intrinsic_value_exactly(K, is_call):
    sign = 1 if is_call else -1
    assert value(100.0, K, 0.0, is_call) == max(sign * (100.0 - K), 0.0)
    assert value(100.0, K, 1e-10, is_call) == max(sign * (100.0 - K), 0.0)


def test_P9_delta_at_zero_volatility_is_one_or_zero():
    flat = np.zeros(3)
    worth, delta = black76.call_and_delta(np.array([90.0, 100.0, 110.0]), np.full(3, 100.0), flat)
    assert worth.tolist() == [0.0, 0.0, 10.0] and delta.tolist() == [0.0, 0.0, 1.0]      # at the money: 0, the ramp's left
    for T, expected in ((0.0, 0.5), (1.0, 0.5)):
        assert greeks(100.0, 100.0, 0.0, T, 0.0, is_call=True)["delta"] == pytest.approx(expected, abs=1e-9)


def test_P9_a_ramp_takes_any_sign_of_forward_and_strike():
    F, K = np.array([-3.0, 2.0, 5.0]), np.array([0.0, -1.0, 7.0])
    assert black76.call_and_delta(F, K, np.zeros(3))[0].tolist() == [0.0, 3.0, 0.0]


@given(F=F_, m=st.just(1.0) | K_, is_call=kinds)
def test_P10_the_limit_is_continuous(F, m, is_call):
    limit = value(F, m * F, 0.0, is_call)
    assert close(value(F, m * F, 5.0 * math.sqrt(1e-14), is_call), limit, 1e-5 * F)
    assert close(value(F, m * F, black76.TINY, is_call), limit, 1e-9 * F)


@given(F=F_, m=K_, v=V_, is_call=kinds)
def test_P11_implied_volatility_returns_the_volatility_or_the_price(F, m, v, is_call):
    one, K = np.ones(1), m * F
    quoted = value(F, K, v, is_call)
    back = float(black76.implied_total_volatility(quoted * one, F * one, K * one, np.array([is_call]))[0])
    assert close(value(F, K, back, is_call), quoted, 1e-12 * (F + K))
    vega = F * math.exp(-0.5 * (math.log(F / K) / v + v / 2) ** 2) / math.sqrt(2 * math.pi)
    if vega * 1e-6 > 1e-12 * (F + K):
        assert close(back, v, 1e-6)


def test_P11_prices_outside_the_bounds_are_refused_and_on_them_accepted():
    def marked(mark, make=call, K=80.0, **more):
        return document([make(K, 1.0, mark_price=mark, **more)], 0)

    for doc in (marked(19.9), marked(100.1), marked(19.9, put, 120.0), marked(120.1, put, 120.0),
                marked(0.19, settlement="inverse")):
        with pytest.raises(Refused, match=r"positions\[0\].mark_price: .* the bounds of Black-76"):
            read_document(doc)
    for doc in (marked(20.0), marked(100.0), marked(20.0, put, 120.0), marked(0.2, settlement="inverse"),
                marked(0.0, K=1e9)):
        assert math.isfinite(equity(doc, "portfolio"))


@given(S=some.log_uniform(1.0, 1e5), m=K_, iv=some.volatilities, expiry=some.expiries, is_call=kinds)
def test_P12_an_inverse_option_is_worth_its_linear_twin_where_the_forward_is_the_index(S, m, iv, expiry, is_call):
    make, market = (call if is_call else put), {"BTC": {"price": S, "volatility": iv}}
    linear, inverse = (document([make(m * S, 1.0, seconds=expiry, settlement=s)], 0, market) for s in ("linear", "inverse"))
    assert close(equity(linear, "portfolio"), equity(inverse, "portfolio"), 1e-12 * S * (1 + m))
    if is_call:   # a short coin call loses less than a coin at any price
        assert -S * (1 + 1e-12) <= equity(times(inverse, -1.0), "portfolio") <= 0.0


# Surface ----------------------------------------------------------------------------------------------------------

def volatility_at(points, seconds, strike):
    legs = [call(strike, 1.0, seconds=seconds)]
    account = read_document(document(legs, 0, {"BTC": {"price": 100.0, "volatility": points}}))
    return float(account.instruments.volatility[0])


def point(days, strike, iv):
    return {"expiry": instant(round(days * DAY)), "strike": strike, "iv": iv}


POINTS = [point(40, 80.0, 0.9), point(10, 100.0, 0.5), point(10, 120.0, 0.7), point(40, 110.0, 0.6), point(-5, 100.0, 9.0)]


@pytest.mark.parametrize(("days", "strike", "expected"), [
    (10, 100.0, 0.5), (10, 60.0, 0.5), (10, 500.0, 0.7), (40, 80.0, 0.9),
    (10, 110.0, math.sqrt((0.25 + 0.49) / 2)),                           # variance linear in strike: half way
    (40, 95.0, math.sqrt((0.81 + 0.36) / 2)),
    (2, 100.0, 0.5), (90, 110.0, 0.6),                                   # outside the expiries: theirs
    (25, 100.0, math.sqrt((10 * 0.25 + (40 * (0.81 + (0.36 - 0.81) * 2 / 3) - 10 * 0.25) / 2) / 25)),
])
def test_P13_the_surface_by_hand(days, strike, expected):
    assert volatility_at(POINTS, round(days * DAY), strike) == pytest.approx(expected, rel=1e-12)


@given(points=some.surfaces(100.0), seconds=some.expiries, strike=some.log_uniform(20.0, 500.0))
def test_P13_the_surface_is_the_oracles(points, seconds, strike):
    expected = oracle.surface_volatility(points, instant(0), seconds, strike)
    assert volatility_at(points, seconds, strike) == pytest.approx(expected, rel=1e-12)


@given(ivs=st.lists(st.floats(0.2, 1.0), min_size=2, max_size=2), a=st.floats(5.0, 40.0), b=st.floats(5.0, 40.0))
def test_P13_total_variance_never_falls_with_time_where_it_does_not_between_the_expiries(ivs, a, b):
    near, far = ivs
    far = max(far, near * math.sqrt(5 / 40))                             # no calendar arbitrage between the two
    points = [point(5, 100.0, near), point(40, 100.0, far)]
    w = [volatility_at(points, round(days * DAY), 100.0) ** 2 * round(days * DAY) for days in sorted((a, b))]
    assert w[0] <= w[1] * (1 + 1e-12)


@given(iv=some.volatilities, a=st.floats(0.01, 700.0), b=st.floats(0.01, 700.0))
def test_P13_the_shock_makes_no_calendar_arbitrage_of_a_flat_surface(iv, a, b):
    legs = [call(100.0, 1.0, seconds=max(round(days * DAY), 1)) for days in sorted((a, b))]
    holding = held(document(legs, 0, {"BTC": {"price": 100.0, "volatility": iv}}), "portfolio")
    count = len(holding.account.instruments.keys)
    v = scan.shocked_volatility(holding.account, holding.rules.portfolio, np.arange(count))
    assert v.min() >= 0.0 and np.all(np.diff(v, axis=1) >= -1e-12 * v.max())


@given(points=some.surfaces(100.0))
def test_P13_points_in_any_order(points):
    assert volatility_at(points[::-1], 12 * DAY, 97.0) == volatility_at(points, 12 * DAY, 97.0)
