"""Workloads of portfolio margin: one account now, along a ladder of prices, and how the cost grows."""

import itertools
import json

import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, Table, contest, duration, faster, plain
from benchmarks.peers import Peer
from benchmarks.timing import clocks
from risk_core.margin.holding import margin
from tests import oracle


def relative(got, want):
    return np.max(np.abs(got - want)) / np.max(np.abs(want))


LOOP, QUANTLIB = "numpy, a loop over positions", "QuantLib, a loop over options"


def _scan_peers(problem, factors, few):
    ask, one_by_one, at_once = peers.requirement, peers.each_option, peers.all_options
    return [
        Peer(OURS, lambda: margin(problem.holding, problem.states(factors)).maintenance[:, 0]),
        Peer(LOOP, lambda: ask(problem, one_by_one(peers.numpy_call), factors)),
        Peer("numpy, one array", lambda: ask(problem, at_once(peers.numpy_call), factors)),
        Peer("py_vollib_vectorized", lambda: ask(problem, at_once(peers.vollib_call), factors),
             needs="py_vollib_vectorized"),
        Peer(QUANTLIB, lambda: ask(problem, one_by_one(peers.quantlib_call), factors[:few]), few, "QuantLib"),
    ]


def _by_oracle(problem, factors):
    """Maintenance margin in portfolio mode at each price, by the slow twin of the tests."""
    document, price = json.loads(problem.text), problems.PRICES["BTC"]
    return np.array([oracle.figures_at(document, "portfolio", "BTC", price * k)[2] for k in factors])


def scan(quick):
    """One account's portfolio charge now: positions × 27 rows."""
    return [_scan(n, quick) for n in ((50,) if quick else (50, 200))]


def _scan(positions, quick):
    problem, factors = problems.Scanned(positions), np.ones(1)
    entries = _scan_peers(problem, factors, None)
    title = f"Scenario scan, {positions} positions × 27 rows"
    table, clock = contest(title, entries, _by_oracle(problem, factors), relative, 1e-9, 0.5 if quick else 3.0)
    table.notes.append("Ours also says equity, the worst row and the add-ons; the others only the requirement.")
    many = positions > 50
    faster(table, clock, {LOOP: 2.5 if many else 1.0, QUANTLIB: 8.0 if many else 2.5}, quick)
    return table


def ladder(quick):
    """The same along 161 prices."""
    problem, few = problems.Scanned(50), 2 if quick else 8
    factors = problems.LADDER[::20] if quick else problems.LADDER
    entries = _scan_peers(problem, factors, few)
    title = f"Ladder, 50 positions × 27 rows × {len(factors)} prices"
    table, clock = contest(title, entries, _by_oracle(problem, factors), relative, 1e-9, 0.5 if quick else 6.0)
    faster(table, clock, {QUANTLIB: 15.0}, quick)
    return table


def growth(quick):
    """How cost grows: ten times the positions, ten times the prices."""
    table = Table("Growth", ("what", "n", "t(n)", "t(10 n)", "t(10 n) ÷ t(n)"))
    steps = [(20, 161), (200, 161)] if quick else [(20, 161), (200, 161), (2000, 161)]
    _grow(table, "positions, 161 prices × 27 rows", steps, 0, quick)
    steps = [(50, 16), (50, 160)] if quick else [(50, 16), (50, 160), (50, 1600)]
    _grow(table, "prices, 50 positions × 27 rows", steps, 1, quick)
    return table


def _grow(table, what, steps, axis, quick):
    calls = {}
    for step in steps:
        problem = problems.Scanned(step[0])
        states = problem.states(np.linspace(0.6, 1.4, step[1]))
        calls[step[axis]] = lambda problem=problem, states=states: margin(problem.holding, states)
    clock = clocks(calls, 0.5 if quick else 4.0)
    sizes = list(calls)
    for small, large in itertools.pairwise(sizes):
        a, b = clock[small].undisturbed, clock[large].undisturbed
        table.rows.append((what, f"{small:,}", duration(a), duration(b), plain(b / a, ".1f")))
        table.at_most(f"growth, {small:,} → {large:,} {what.split(',')[0]}", b / a, 11.5, "×")
