"""The performance targets W2 to W6 for what exists, each beside numpy, with its gates; W1 is `pricing.cells`."""

import threading
import time

import numpy as np

from benchmarks import adapter, peers, targets
from benchmarks.contest import OURS, Table, contest, duration, faster
from benchmarks.peers import Peer
from benchmarks.timing import clocks

PLAIN, BLOCKS = "numpy, as usually written", "numpy, blocks, threads"


def _relative(got, want):
    return np.max(np.abs(got - want)) / np.max(np.abs(want))


def portfolio(quick):
    """W2: 200 positions on four coins under 1,000 and 100,000 joint scenarios."""
    return [_portfolio(scenarios, quick) for scenarios in ((1_000,) if quick else (1_000, 100_000))]


def _portfolio(scenarios, quick):
    p = targets.joint_scenarios(scenarios)
    entries = [Peer(OURS, lambda: adapter.w2(p)), Peer(PLAIN, lambda: targets.profits(p)),
               Peer(BLOCKS, lambda: targets.profits_in_blocks(p, peers.crew()))]
    title = f"W2: 200 positions × {scenarios:,} joint scenarios"
    table, clock = contest(title, entries, targets.profits(p), _relative, 1e-9, 0.3 if quick else 5.0)
    many = scenarios > 10_000
    faster(table, clock, {PLAIN: 4.0, BLOCKS: 1.15} if many else {PLAIN: 1.5}, quick)
    if not many and not quick:
        table.at_most(f"{title}: ours", clock[OURS].undisturbed * 1e3, 2.8, "ms")
    if many:
        table.notes.append("Valued exactly; a table to be read instead (gate: 15 × plain) is not built.")
    return table


def liquidation_prices(quick):
    """W4b: nearest liquidation prices of accounts of options in portfolio mode."""
    p = targets.accounts(4 if quick else 20)
    ready, few = adapter.prepare_w4b(p), 2 if quick else 5
    brent = "scan of 96 nodes, scipy brentq"
    entries = [Peer(OURS, lambda: adapter.w4b(ready)),
               Peer(brent, lambda: np.stack([targets.nearest_by_scan(one, 96) for one in p[:few]]), few)]
    want = np.stack([targets.nearest_by_scan(one, 3_000) for one in p])
    table, clock = contest(f"W4b: portfolio-margin liquidation prices, {len(p)} accounts", entries, want, _levels_apart,
                           1e-8, 0.3 if quick else 4.0)
    table.notes.append("Ours finds every level between 1/10,000 and 10,000 times the price, with bankruptcy prices; "
                       "the peer the nearest that its nodes see. One account at a time: a search over 10,000 accounts "
                       "together, which the targets speak of, is not built.")
    faster(table, clock, {brent: 200.0}, quick)
    return table


def _levels_apart(got, want):
    """Largest relative difference; infinite where only one has a level."""
    if (np.isnan(got) != np.isnan(want)).any():
        return np.inf
    return np.nanmax(np.abs(got / want - 1.0), initial=0.0)


def frontier(quick):
    """W5: the map of one account over 101 prices × 101 volatilities."""
    p = targets.frontier(21 if quick else 101)
    ready = adapter.prepare_w5(p)
    entries = [Peer(OURS, lambda: adapter.w5(ready)), Peer(PLAIN, lambda: targets.health_map(p))]
    want = targets.health_map(p)
    title = f"W5: frontier, 50 positions × 33 scenarios × {len(p['gs'])} × {len(p['gv'])}"
    table, clock = contest(title, entries, want, _relative, 1e-7, 0.3 if quick else 5.0)
    faster(table, clock, {PLAIN: 14.0}, quick)
    if not quick:
        table.at_most(f"{title}: ours", clock[OURS].undisturbed * 1e3, 22.0, "ms")
    table.at_most(f"{title}: signs that differ", int(((adapter.w5(ready) < 0) != (want < 0)).sum()), 0)
    return table


def what_if(quick):
    """W6: what the scenarios ask of one account of 20 positions: again, and first in a fresh thread."""
    p = targets.one_coin(20, 17)
    ready = adapter.prepare_w6(p)
    entries = [Peer(OURS, lambda: adapter.w6(ready)), Peer(PLAIN, lambda: np.array([targets.scan_margin(p)]))]
    table, clock = contest("W6: one account of 20 positions × 33 scenarios", entries,
                           np.array([targets.scan_margin(p)]), _relative, 1e-9, 0.3 if quick else 2.0)
    table.notes.append("Ours also says equity's options, the loss of every row, the row that decides and the add-ons.")
    first = fresh_thread(lambda: adapter.w6(ready))
    table.notes.append(f"The first call of a fresh thread takes {first * 1e3:.2f} ms in all.")
    if not quick:
        table.at_most("W6: warm", clock[OURS].undisturbed * 1e6, 60.0, "µs")
        table.at_most("W6: first call of a fresh thread", first * 1e3, 1.0, "ms")
    return table


def fresh_thread(call):
    """Seconds of the first call in a thread that never called; the median of nine threads."""
    seen = []

    def work():
        began = time.perf_counter()
        call()
        seen.append(time.perf_counter() - began)

    for _ in range(9):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    return float(np.median(seen))


def scaling(quick):
    """How W2 grows with its scenarios."""
    table = Table("W2: growth", ("scenarios", "best wall", "CPU"))
    sizes = (1_000, 10_000) if quick else (10_000, 100_000)
    problems = [targets.joint_scenarios(size) for size in sizes]
    calls = {size: lambda p=p: adapter.w2(p) for size, p in zip(sizes, problems, strict=True)}
    clock = clocks(calls, 0.3 if quick else 4.0)
    table.rows = [(f"{size:,}", duration(clock[size].wall), duration(clock[size].cpu)) for size in sizes]
    few, many = (clock[size].undisturbed for size in sizes)
    table.at_most(f"W2: t({sizes[1]:,}) ÷ t({sizes[0]:,})", many / few, 11.5)
    table.notes.append("W3 (margin of a book of 100,000 accounts) and W4a (liquidation prices of a million linear "
                       "accounts) are not built: the product holds one account at a time.")
    return table
