"""Workloads of Black-76: prices of options × scenarios, and from which size on the numexpr kernel pays."""

import numexpr
import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, Table, contest, faster, plain, ratios
from benchmarks.peers import Peer
from benchmarks.timing import clocks
from risk_core.valuation import black76, kernels


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
