"""Seeded workloads: the same numbers on every machine."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from risk_core.margin.charges import scan
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import resolve

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAYS = (3, 10, 35, 63, 126, 308)
PRICES = {"BTC": 91_000.0, "ETH": 3_050.0}
LADDER = np.linspace(0.6, 1.4, 161)
"""Nodes of the price ladder, multiples of the present price of BTC."""


def cells(options, scenarios, seed=1):
    """F (scenarios,), K (options, 1), v (options, scenarios): dollars, and total volatilities between 0.01 and 2."""
    rng = np.random.default_rng(seed)
    years = rng.choice([1, 2, 3, 7, 14, 30, 60, 90, 180, 365], options) / 365.0
    strike = 60_000.0 * np.exp(rng.normal(0.0, 0.6, options) * np.sqrt(np.maximum(years, 7 / 365)))
    v = rng.uniform(0.35, 1.2, options) * np.sqrt(years)
    forward = 60_000.0 * np.exp(rng.normal(0.0, 0.10, scenarios))
    moved = np.clip(np.exp(rng.normal(0.0, 0.2, scenarios)), 0.4, 2.0)
    return forward, strike[:, None], v[:, None] * moved


def instant(days):
    return (NOW + timedelta(days=days)).isoformat()


def account_text(positions, seed=0):
    """An account file: half options (linear and inverse), a quarter perpetuals, a quarter futures, on two coins."""
    rng = np.random.default_rng(seed)
    legs = [_leg(rng, i) | {"id": f"p{i}"} for i in range(positions)]
    underlyings = {name: _underlying(price) for name, price in PRICES.items()}
    balances = [{"asset": "USDT", "amount": 7_000.0 * positions}, {"asset": "BTC", "amount": 0.1}]
    return json.dumps({"format": "marginscope-account/1", "as_of": instant(0), "rules": "generic",
                       "market": {"underlyings": underlyings, "assets": {"USDT": 1.0}},
                       "collateral": balances, "positions": legs})


def _underlying(price):
    points = [{"expiry": instant(days), "strike": round(price * m, 2), "iv": 0.5 + 0.1 * abs(m - 1) + days * 1e-4}
              for days in DAYS for m in (0.6, 0.8, 1.0, 1.2, 1.6)]
    return {"price": price, "rate": 0.04, "funding_8h": 1e-4, "volatility": points}


def _leg(rng, i):
    name = "ETH" if rng.random() < 0.4 else "BTC"
    price, expiry = PRICES[name], instant(int(rng.choice(DAYS)))
    dollars = float(rng.choice([-1, 1]) * np.exp(rng.normal(np.log(20_000.0), 0.8)))
    leg = {"underlying": name, "settlement": "linear", "quantity": dollars / price}
    if i % 4 < 2:
        strike = round(price * float(np.exp(rng.normal(0.0, 0.25))), 2)
        return leg | {"kind": "option", "settlement": ("linear", "inverse")[i % 4], "strike": strike, "expiry": expiry,
                      "type": str(rng.choice(["call", "put"]))}
    entry = price * float(np.exp(rng.normal(0.0, 0.05)))
    if i % 4 == 2:
        mode = "isolated" if i % 3 else "cross"
        return leg | {"kind": "perpetual", "entry_price": entry, "leverage": 10, "mode": mode}
    return leg | {"kind": "future", "entry_price": entry, "expiry": expiry}


@dataclass(frozen=True)
class Pool:
    """What one underlying's peers are given, netted and priced: dollar deltas (n,), face (m,); options all (o,).

    forward, strike: dollars. now, shocked: total volatilities, (o,) and (K, o). worth: quantity times dollars per
    dollar of undiscounted value. short: units of short options.
    """

    price: float
    linear: np.ndarray
    face: np.ndarray
    forward: np.ndarray
    strike: np.ndarray
    now: np.ndarray
    shocked: np.ndarray
    is_call: np.ndarray
    worth: np.ndarray
    short: float


class Scanned:
    """One account in portfolio mode: as our holding, and as plain columns for the peers. moves: (K,) price moves."""

    def __init__(self, positions):
        self.text = account_text(positions)
        self.account = read(self.text)
        self.rulebook = resolve(self.account.rules)
        self.rules = self.rulebook.rules.portfolio
        self.holding = hold(self.account, self.rulebook.rules, MODES["portfolio"])
        self.moves = np.repeat(np.arange(-4, 5) * 0.04, 3)
        self.pools = [self._pool(u) for u in range(len(self.account.underlyings))]

    def states(self, factors):
        """Price factors (S, U) when BTC alone is multiplied by `factors` (S,)."""
        out = np.ones((len(factors), len(self.account.underlyings)))
        out[:, self.account.underlyings.index("BTC")] = factors
        return out

    def _pool(self, u):
        ins, nets = self.account.instruments, self.holding.nets
        held = scan.side(self.account, nets, np.arange(len(nets.quantity)), u)
        at = held.option
        return Pool(self.account.index[u], held.linear, held.face, ins.forward[at], ins.strike[at],
                    ins.total_volatility[at], self._shocked(at), ins.is_call[at], held.size * ins.unit[at], held.short)

    def _shocked(self, at):
        ins = self.account.instruments
        days = ins.years[at] * 365.0
        h = (30.0 / np.maximum(days, 1.0)) ** np.where(days < 30.0, 0.30, 0.13)
        state = np.tile([0.5, 0.0, -0.25], 9)[:, None]
        return ins.total_volatility[at] * (1.0 + state * h)
