"""The workloads: each returns its table, after checking every answer against a double-precision reference."""

import itertools
import json
import threading
import time
from dataclasses import dataclass

import numexpr
import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, Table, WrongAnswer, contest, duration, faster, plain, ratios
from benchmarks.peers import Peer
from benchmarks.timing import clocks
from risk_core import output
from risk_core.liquidation.thresholds import levels
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks.load import resolve
from risk_core.valuation import black76, kernels
from tests import accounts, oracle

# Black-76 ---------------------------------------------------------------------------------------------------------

def by_kernel(F, K, v):
    """black76.call by numexpr whatever the size."""
    return _with(0, 0, F, K, v)


def by_twin(F, K, v):
    """black76.call by numpy whatever the size."""
    return _with(kernels.CROSSOVER, 1 << 30, F, K, v)


def _with(crossover, threads, F, K, v):
    kept = kernels.CROSSOVER, kernels.ENOUGH_THREADS
    kernels.CROSSOVER, kernels.ENOUGH_THREADS = crossover, threads
    try:
        return black76.call(F, K, v)
    finally:
        kernels.CROSSOVER, kernels.ENOUGH_THREADS = kept


def cells(quick):
    """Prices of options × scenarios."""
    options = 100 if quick else 1000
    F, K, v = problems.cells(options, 1000)
    few, some = max(2, options // 100), max(5, options // 20)
    entries = [
        Peer(OURS, lambda: black76.call(F, K, v)),
        Peer("ours, numexpr kernel", lambda: by_kernel(F, K, v)),
        Peer("ours, numpy twin", lambda: by_twin(F, K, v)),
        Peer("numpy + ndtr", lambda: peers.numpy_call(F, K, v)),
        Peer("numpy + ndtr, blocks, threads", lambda: peers.threaded_call(F, K, v)),
        Peer("scipy.stats.norm.cdf", lambda: peers.norm_cdf_call(F, K, v)),
        Peer("py_vollib_vectorized", lambda: peers.vollib_call(F, K[:some], v[:some]), some, "py_vollib_vectorized"),
        Peer("QuantLib loop", lambda: peers.quantlib_call(F, K[:few], v[:few]), few, "QuantLib"),
    ]
    title = f"Black-76 cells, {options:,} options × 1,000 scenarios"

    def difference(got, want):
        return np.max(np.abs(got - want) / np.maximum(F, K[: len(want)]))

    table, clock = contest(title, entries, peers.numpy_call(F, K, v), difference, 1e-6, 1.0 if quick else 10.0)
    faster(table, clock, {"numpy + ndtr": 2.3, "py_vollib_vectorized": 15.0}, quick)
    error = difference(by_kernel(F, K, v), peers.numpy_call(F, K, v))
    table.at_most("Black-76 cells: error of the numexpr kernel ÷ max(F, K)", error, 1e-13)
    return table


LENGTHS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 500_000, 1_000_000, 3_000_000)


def crossover(quick):
    """The numexpr kernel against its numpy twin by array length."""
    table = Table("Kernel crossover", ("cells", "numpy ns/cell", "numexpr ns/cell", "numexpr is faster: wall", "CPU"))
    lengths, ahead = LENGTHS[:6:2] if quick else LENGTHS, []
    for n in lengths:
        F, K, v = problems.cells(n // 1000, 1000)
        pair = {"numpy": lambda F=F, K=K, v=v: by_twin(F, K, v),
                "numexpr": lambda F=F, K=K, v=v: by_kernel(F, K, v)}
        clock = clocks(pair, 0.3 if quick else 2.0)
        twin, fast = clock["numpy"], clock["numexpr"]
        ahead.append(fast.wall < twin.wall)
        each = (plain(clock.wall / n * 1e9, ".1f") for clock in (twin, fast))
        table.rows.append((f"{n:,}", *each, *ratios(twin, fast)))
    first = next((n for i, n in enumerate(lengths) if all(ahead[i:])), None)
    seen = f"from {first:,} cells on" if first else "at none of these lengths"
    table.notes.append(f"numexpr with {numexpr.get_num_threads()} threads is faster {seen} (wall); "
                       f"the core uses it from {kernels.CROSSOVER:,} cells and {kernels.ENOUGH_THREADS} threads on.")
    return table


# Scenario scan ----------------------------------------------------------------------------------------------------

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


# Liquidation levels -----------------------------------------------------------------------------------------------

def _holdings(account):
    rules = resolve(account.rules).rules
    return [hold(account, rules, mode) for mode in MODES.values()]


def _our_edges(holdings):
    """Edges as multiples of the price, by (mode, bucket, underlying)."""
    return {(holding.mode.name, *walk): sorted(end / found.price for region in found.regions for end in region if end)
            for holding, level in zip(holdings, levels(holdings), strict=True)
            for walk, found in level.liquidation.items()}


def _oracle_edges(text, holdings):
    document, edges = json.loads(text), {}
    book = oracle.make_book(document)
    for holding in holdings:
        names = [None, *(holding.account.book.ids[leg] for leg in holding.nets.bucket_leg[1:])]
        found = oracle.walk_all(book, oracle.make_buckets(book, holding.mode.name), 400)
        for (name, underlying), (intervals, _, _) in found.items():
            key = holding.mode.name, names.index(name), holding.account.underlyings.index(underlying)
            edges[key] = sorted(end for interval in intervals for end in interval if end is not None)
    return edges


def missed(got, want):
    """(how many of the levels `want` are not in `got`, how many there are, largest error of the others).

    A level that is not in `want` makes the error infinite.
    """
    lost, worst = 0, 0.0
    for key, edges in want.items():
        left = list(got.get(key, ()))
        for edge in edges:
            near = min(left, key=lambda k, edge=edge: abs(k - edge), default=None)
            if near is None or abs(near / edge - 1) > 1e-6:
                lost += 1
            else:
                left.remove(near)
                worst = max(worst, abs(near / edge - 1))
        worst = np.inf if left else worst
    return lost, sum(map(len, want.values())), worst


def levels_of_account(quick):
    """Every liquidation level of an account in all modes."""
    positions = 20 if quick else 50
    text = problems.account_text(positions)
    holdings = _holdings(read(text))
    want = _oracle_edges(text, holdings)
    brent, bisect = "200 nodes, scipy brentq", "200 nodes, vectorised bisection"
    entries = [Peer(OURS, lambda: _our_edges(holdings)),
               Peer(brent, lambda: peers.levels_by_scan(holdings, peers.brentq_each)),
               Peer(bisect, lambda: peers.levels_by_scan(holdings, peers.bisect_all))]
    title = f"Liquidation levels, {positions} positions, all modes, {sum(map(len, want.values()))} levels"
    table, clock = contest(title, entries, _Whole(want), lambda got, want: missed(got, want.value)[2], 1e-8,
                           0.5 if quick else 6.0)
    if missed(_our_edges(holdings), want)[0]:
        raise WrongAnswer("liquidation levels are missing")
    table.notes.append("Ours includes the bankruptcy price behind each level, which the others do not look for.")
    table.notes.append(_missed_in_words([text]))
    if not quick:
        table.notes.append(_missed_in_words([json.dumps(accounts.random_account(seed)) for seed in range(100)]))
    faster(table, clock, {brent: 4.5, bisect: 5.0}, quick)
    return table


@dataclass(frozen=True)
class _Whole:
    """A reference that is not cut into parts."""

    value: object

    def __getitem__(self, part):
        return self

    def __len__(self):
        return 1


def _missed_in_words(texts):
    lost = total = 0
    for text in texts:
        holdings = _holdings(read(text))
        of, here, _ = missed(peers.levels_by_scan(holdings, peers.bisect_all), _our_edges(holdings))
        lost, total = lost + of, total + here
    whose = "this account" if len(texts) == 1 else f"{len(texts)} random accounts of the tests"
    return f"Of the {total} levels of {whose} a scan of 200 nodes misses {lost}; ours misses none."


# The whole job ----------------------------------------------------------------------------------------------------

BUDGETS = {20: 25.0, 50: 25.0, 200: 100.0}


def _whole_job(text):
    account = read(text)
    return compare(account, resolve(account.rules))


def _moved_job(account, rulebook):
    return compare(move(account, WhatIf(price=1.03, volatility=1.1, days=1.0)), rulebook)


def whole(quick):
    """From the text of an account file to every figure of every mode."""
    table = Table("The whole job", ("job", "positions", "best wall", "CPU", "spread", "budget, wall"))
    for positions, budget in ({20: 25.0} if quick else BUDGETS).items():
        text = problems.account_text(positions)
        account = read(text)
        rulebook = resolve(account.rules)
        _check_heads(text)
        jobs = {"read + compare, all modes": lambda text=text: _whole_job(text),
                "what-if + compare": lambda a=account, r=rulebook: _moved_job(a, r),
                "ladder of 161 prices, all modes, with levels": lambda a=account, r=rulebook: walk(
                    a, r, ["BTC"], problems.LADDER)}
        for job, clock in clocks(jobs, 0.5 if quick else 4.0).items():
            spread = plain(clock.typical / clock.wall, ".2f")
            table.rows.append((job, positions, duration(clock.wall), duration(clock.cpu), spread, f"{budget:g} ms"))
            table.at_most(f"{job}, {positions} positions", clock.undisturbed * 1e3, budget, "ms")
    table.notes.append("Milliseconds are orientation; head figures agree with the slow twin of the tests.")
    return table


def _check_heads(text):
    ours, book = _whole_job(text).modes, oracle.make_book(json.loads(text))
    for name, mode in ours.items():
        columns = zip(*(oracle.present_totals(bucket) for bucket in oracle.make_buckets(book, name)), strict=True)
        want = np.array([sum(column) for column in columns])
        got = np.array([mode.head.equity, mode.head.initial_margin, mode.head.maintenance_margin])
        if relative(got, want) > 1e-10:
            raise WrongAnswer(f"{name}: {got} where the slow twin says {want}")


def threads(quick):
    """What a fresh thread waits for, and eight threads at once."""
    table = Table("Threads", ("what", "result"))
    F, K, v = problems.cells(5 if quick else 100, 1000)
    overhead = _fresh_thread(lambda: by_kernel(F[:64], K[:1], v[:1, :64]))
    table.rows.append(("first kernel call of a fresh thread, above the second", duration(overhead)))
    table.at_most("first kernel call of a fresh thread", overhead * 1e3, 1.0, "ms")
    text = problems.account_text(20 if quick else 50)
    jobs = {"comparisons": lambda: json.dumps(output.comparison(_whole_job(text), "")),
            f"kernel calls of {v.size:,} cells": lambda: _kernel(F, K, v).tobytes()}
    for what, job in jobs.items():
        done, same = _together(job, 8, 3 if quick else 10)
        if not same:
            raise WrongAnswer(f"{what} differ between threads")
        table.rows.append((f"8 threads at once, {done} {what}", "no crash, identical"))
    return table


def _kernel(F, K, v):
    return kernels.KERNELS["call"](F, K, (np.log(F) - np.log(K)) / v, 0.5 * v)


def _fresh_thread(call):
    """Seconds the first call takes more than the second, in a thread that never called; the median of nine."""
    extra = []

    def work():
        times = [time.perf_counter()]
        for _ in range(2):
            call()
            times.append(time.perf_counter())
        extra.append(max(times[1] - times[0] - (times[2] - times[1]), 0.0))

    for _ in range(9):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    return float(np.median(extra))


def _together(call, count, rounds):
    """(calls made, whether every result equals that of one thread)."""
    want, results, start = call(), [], threading.Barrier(count)

    def work():
        start.wait()
        results.extend(call() for _ in range(rounds))

    crew = [threading.Thread(target=work) for _ in range(count)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return len(results), len(results) == count * rounds and all(result == want for result in results)


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


WORKLOADS = {"cells": cells, "crossover": crossover, "scan": scan, "ladder": ladder, "levels": levels_of_account,
             "whole": whole, "threads": threads, "growth": growth}

