"""Workloads of Black-76: prices of options × scenarios, and from which size on threads pay."""

import os

import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, Table, contest, faster, plain, ratios
from benchmarks.peers import Peer
from benchmarks.timing import clocks
from risk_core.valuation import black76, blocks, kernels

NEVER = 1 << 60
"""Cells that no array has."""


def call(F, K, v, engine, threads=True):
    """black76.call by an engine (None: the form of small arrays), whatever the size and the machine."""
    kept = blocks.SPREAD, black76.LARGE, kernels.engine
    blocks.SPREAD, black76.LARGE = (0 if threads else NEVER), (0 if engine else NEVER)
    kernels.engine = lambda: engine
    try:
        return black76.call(F, K, v)
    finally:
        blocks.SPREAD, black76.LARGE, kernels.engine = kept


def cells(quick):
    """W1: prices of options × scenarios."""
    options = 100 if quick else 1000
    F, K, v = problems.cells(options, 1000)
    few, some = max(2, options // 100), max(5, options // 20)
    entries = [
        Peer(OURS, lambda: black76.call(F, K, v)),
        *(Peer(f"ours by {engine}", lambda engine=engine: call(F, K, v, engine)) for engine in kernels.ENGINES),
        *(Peer(f"ours by {engine}, one thread", lambda engine=engine: call(F, K, v, engine, threads=False))
          for engine in kernels.ENGINES),
        Peer("ours by two distribution functions", lambda: call(F, K, v, None)),
        Peer("numpy + ndtr", lambda: peers.numpy_call(F, K, v)),
        Peer("numpy + ndtr, blocks, threads", lambda: peers.threaded_call(F, K, v)),
        Peer("scipy.stats.norm.cdf", lambda: peers.norm_cdf_call(F, K, v)),
        Peer("py_vollib_vectorized", lambda: peers.vollib_call(F, K[:some], v[:some]), some, "py_vollib_vectorized"),
        Peer("QuantLib loop", lambda: peers.quantlib_call(F, K[:few], v[:few]), few, "QuantLib"),
    ]
    title = f"W1: Black-76 cells, {options:,} options × 1,000 scenarios"

    def difference(got, want):
        return np.max(np.abs(got - want) / np.maximum(F, K[: len(want)]))

    want = peers.numpy_call(F, K, v)
    table, clock = contest(title, entries, want, difference, 1e-6, 1.0 if quick else 10.0)
    table.notes.append(f"Ours is by {kernels.engine()} on this machine; its two engines differ by at most "
                       f"{difference(call(F, K, v, 'numexpr'), call(F, K, v, 'numpy')):.1e} of max(F, K).")
    gates(table, clock, quick)
    table.at_most("W1: error ÷ max(F, K)", difference(black76.call(F, K, v), want), 1e-13)
    return table


def gates(table, clock, quick):
    """Those of the performance targets."""
    if not quick and "numpy + ndtr" in clock:
        ours, usual = clock[OURS], clock["numpy + ndtr"]
        table.at_least("W1: faster than numpy + ndtr, best wall", usual.wall / ours.wall, 2.3)
        table.at_least("W1: faster than numpy + ndtr, CPU", usual.cpu / ours.cpu, 1.25)
    faster(table, clock, {"scipy.stats.norm.cdf": 3.5, "py_vollib_vectorized": 15.0, "QuantLib loop": 16.0}, quick)


LENGTHS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)


WAYS = {
    "small": lambda *columns: call(*columns, None, threads=False),
    "numpy": lambda *columns: call(*columns, "numpy", threads=False),
    "numexpr": lambda *columns: call(*columns, "numexpr", threads=False),
    "numpy, threads": lambda *columns: call(*columns, "numpy"),
    "numexpr, threads": lambda *columns: call(*columns, "numexpr"),
}


def crossover(quick):
    """Both engines, on one thread and on threads, and the form of small arrays, by array length."""
    table = Table("Crossover", ("cells", *(f"{way}: CPU, ns/cell" for way in WAYS),
                                "threads are faster: wall", "CPU", "numpy is faster: wall", "CPU"))
    for n in LENGTHS[:6:2] if quick else LENGTHS:
        table.rows.append(_lengths(n, quick))
    table.notes.append(f"{os.cpu_count()} cores. From {blocks.SPREAD:,} cells on ours is {kernels.engine()} on threads,"
                       " below two normal distribution functions by scipy. numexpr is compiled before.")
    table.notes.append("First ratios: numpy on one thread ÷ over threads; second: numexpr ÷ numpy, over threads.")
    return table


def _lengths(n, quick):
    F, K, v = problems.cells(n // 1000, 1000)
    clock = clocks({name: lambda way=way: way(F, K, v) for name, way in WAYS.items()}, 0.3 if quick else 2.0)
    each = [plain(clock[name].cpu / n * 1e9, ".1f") for name in WAYS]
    return (f"{n:,}", *each, *ratios(clock["numpy"], clock["numpy, threads"]),
            *ratios(clock["numexpr, threads"], clock["numpy, threads"]))
