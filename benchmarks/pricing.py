"""Workloads of Black-76: prices of options × scenarios, and from which size on threads pay."""

import os

import numpy as np

from benchmarks import numexpr_peer, peers, problems
from benchmarks.contest import OURS, Table, contest, faster, plain, ratios
from benchmarks.peers import Peer
from benchmarks.timing import clocks
from risk_core.valuation import black76, blocks


def by_numexpr(F, K, v):
    """By numexpr, of options × scenarios whose volatility is a product."""
    return numexpr_peer.separable_call(F, K[:, 0], v[:, 0], v[0] / v[0, 0])


def on_one_thread(F, K, v):
    """black76.call without threads, whatever the size."""
    return _with(1 << 60, F, K, v)


def on_threads(F, K, v):
    """black76.call over threads, whatever the size."""
    return _with(0, F, K, v)


def _with(spread, F, K, v):
    kept, blocks.SPREAD = blocks.SPREAD, spread
    try:
        return black76.call(F, K, v)
    finally:
        blocks.SPREAD = kept


def cells(quick):
    """W1: prices of options × scenarios."""
    options = 100 if quick else 1000
    F, K, v = problems.cells(options, 1000)
    few, some = max(2, options // 100), max(5, options // 20)
    entries = [
        Peer(OURS, lambda: black76.call(F, K, v)),
        Peer("ours on one thread", lambda: on_one_thread(F, K, v)),
        Peer("numexpr, one exponential", lambda: by_numexpr(F, K, v), needs="numexpr"),
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


def crossover(quick):
    """One thread, threads and numexpr by array length."""
    table = Table("Crossover", ("cells", "one thread, ns/cell", "threads, ns/cell", "numexpr, ns/cell",
                                "threads are faster: wall", "CPU", "numexpr is faster than ours: wall", "CPU"))
    for n in LENGTHS[:6:2] if quick else LENGTHS:
        table.rows.append(_lengths(n, quick))
    table.notes.append(f"{os.cpu_count()} cores; ours uses threads from {blocks.SPREAD:,} cells on. numexpr is compiled"
                       " before, padded and separable; it is compared with what ours does at that length.")
    return table


def _lengths(n, quick):
    F, K, v = problems.cells(n // 1000, 1000)
    calls = {"one": lambda: on_one_thread(F, K, v), "threads": lambda: on_threads(F, K, v),
             "numexpr": lambda: by_numexpr(F, K, v)}
    if numexpr_peer.ne is None:
        del calls["numexpr"]
    clock = clocks(calls, 0.3 if quick else 2.0)
    ours = clock["threads" if n >= blocks.SPREAD else "one"]
    each = [plain(clock[name].wall / n * 1e9, ".1f") if name in clock else "absent"
            for name in ("one", "threads", "numexpr")]
    rival = ratios(ours, clock["numexpr"]) if "numexpr" in clock else ("absent", "absent")
    return (f"{n:,}", *each, *ratios(clock["one"], clock["threads"]), *rival)
