"""Portfolio margin by joint moves: 200 positions on four coins under 1,000 joint moves, beside the peers."""

import json
from functools import cached_property

import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, contest, faster
from benchmarks.peers import Peer
from risk_core.margin.holding import hold, whole_pool
from risk_core.margin.methods import choose
from risk_core.margin.methods.history import moves
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import resolve

PRICES = {"BTC": 91_000.0, "ETH": 3_050.0, "SOL": 140.0, "XRP": 2.2}
RULES = {"base": "expected-shortfall", "override": {"history": {"moves": "simulated"}}}
LOOP, QUANTLIB = "numpy, a loop over positions", "QuantLib, a loop over options"


def account_text(positions, seed=2):
    """An account file: half options, the rest perpetuals, on four coins."""
    rng = np.random.default_rng(seed)
    legs = []
    for i in range(positions):
        name = list(PRICES)[i % 4]
        price, size = PRICES[name], float(rng.choice([-1, 1]) * rng.uniform(5_000, 50_000)) / PRICES[name]
        leg = {"id": f"p{i}", "underlying": name, "settlement": "linear", "quantity": size}
        if i % 8 < 4:
            strike, kind = price * round(rng.uniform(0.7, 1.4), 4), str(rng.choice(["call", "put"]))
            expiry = problems.instant(int(rng.choice(problems.DAYS)))
            leg |= {"kind": "option", "type": kind, "strike": strike, "expiry": expiry}
        else:
            leg |= {"kind": "perpetual", "entry_price": price}
        legs.append(leg)
    market = {name: {"price": price, "volatility": 0.6, "daily_volatility": 0.03} for name, price in PRICES.items()}
    pairs = {f"{a}/{b}": 0.7 for a in PRICES for b in PRICES if a < b}
    return json.dumps({"format": "marginscope-account/1", "as_of": problems.instant(0), "rules": RULES,
                       "market": {"underlyings": market, "correlation": pairs},
                       "collateral": [{"asset": "USD", "amount": 1e6}], "positions": legs})


class Joint:
    """The account as our pool, and as plain columns for the peers. relative: (K, U)."""

    def __init__(self, positions):
        self.account = read(account_text(positions))
        self.rules = resolve(self.account.rules).rules
        holding = hold(self.account, self.rules, MODES["portfolio"])
        self.pool = whole_pool(self.account, holding.nets, np.ones((1, len(self.account.underlyings))))
        self.relative = moves.joint(self.account, self.rules.history).relative

    def ours(self):
        """Profit of every joint move, dollars (K,); the margin, its parts and the worst moves come with it."""
        return np.asarray(choose.demand(self.pool, self.rules).scenarios[0].profit)

    @cached_property
    def legs(self):
        """Each position: (underlying, quantity, mark, forward, strike, total volatility, whether a call or None)."""
        ins, book = self.account.instruments, self.account.book
        return [(ins.underlying[i], q, ins.mark[i], ins.forward[i], ins.strike[i], ins.total_volatility[i],
                 ins.is_call[i] if ins.is_option[i] else None)
                for i, q in zip(book.instrument, book.quantity, strict=True)]

    def loop(self, call, few=None):
        """The same, leg by leg."""
        relative, profit = self.relative[:few], np.zeros(len(self.relative[:few]))
        for underlying, quantity, mark, forward, strike, v, is_call in self.legs:
            move = relative[:, underlying]
            if is_call is None:
                profit += quantity * mark * move
                continue
            F = forward * np.append(1.0 + move, 1.0)
            value = call(F, np.array(strike), np.full(len(F), v)) - (0.0 if is_call else F - strike)
            profit += quantity * (value[:-1] - value[-1])
        return profit


def by_hand(problem):
    """The reference: each option with erfc, sums by Python."""
    from math import erfc, fsum, log, sqrt

    def below(x):
        return 0.5 * erfc(-x / sqrt(2))

    def call(F, K, v):
        return np.array([f * below(log(f / K) / w + w / 2) - K * below(log(f / K) / w - w / 2)
                         for f, w in zip(F, v, strict=True)])

    rows = [Joint.loop(_One(problem, leg), call) for leg in problem.legs]
    return np.array([fsum(column) for column in zip(*rows, strict=True)])


class _One:
    """A problem with one leg."""

    def __init__(self, problem, leg):
        self.relative, self.legs = problem.relative, [leg]


def joint(quick):
    """200 positions × 1,000 joint moves: the profit of each, and the expected shortfall."""
    positions, few = (50, 20) if quick else (200, 40)
    problem = Joint(positions)
    entries = [Peer(OURS, problem.ours),
               Peer(LOOP, lambda: problem.loop(peers.numpy_call)),
               Peer("py_vollib_vectorized, a loop over positions", lambda: problem.loop(peers.vollib_call),
                    needs="py_vollib_vectorized"),
               Peer(QUANTLIB, lambda: problem.loop(peers.quantlib_call, few), few, "QuantLib")]

    def relative(got, want):
        return np.max(np.abs(got - want)) / np.max(np.abs(want))

    title = f"Joint moves, {positions} positions × {len(problem.relative):,} moves of {len(PRICES)} coins"
    table, clock = contest(title, entries, by_hand(problem), relative, 1e-9, 0.5 if quick else 4.0)
    table.notes.append("Ours also sorts the losses, takes the expected shortfall of initial and maintenance margin, of "
                       "the whole and of each coin alone, and names the worst moves; the others only value the book.")
    faster(table, clock, {LOOP: 1.5, QUANTLIB: 5.0}, quick)
    if not quick:
        table.at_most(f"{title}: the whole demand", clock[OURS].undisturbed * 1e3, 2.8, "ms")
    return table
