"""`python -m benchmarks.store_writers [--quick]`: what a save waits for while eight threads save at once.

Every writer loads, changes and saves one of eight accounts through `db.store`, in a new SQLite file; a save that was
beaten loads again. No update may be lost: that is checked before anything is told.
"""

import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from benchmarks.contest import Table, WrongAnswer, plain
from benchmarks.report import load, machine, parser, show, show_gates
from db import errors
from db.samples import SAMPLES
from db.store import open_store
from risk_core.portfolio.account_file import read_document

P99_MS, MOST_MS = 50.0, 1_000.0
ACCOUNTS = 8
HEAD = ("writers", "saves", "beaten", "commits/s", "save: p50", "p99", "max", "CPU of a save", "asked: p99, max")


def main(arguments=None):
    options = parser("store_writers", __doc__, "few saves").parse_args(arguments)
    print(f"# Saving at once\n\n{machine(('SQLAlchemy',))}\n\nLoad before: {load()}.\n")
    table = Table("Saves of one SQLite file, milliseconds", HEAD)
    try:
        for threads in (1, 8):
            add(table, threads, *measured(threads, 10 if options.quick else 500))
    except WrongAnswer as wrong:
        print(f"\nWRONG: {wrong}", file=sys.stderr)
        return 1
    table.notes += [f"Load after: {load()}. Full synchronisation: each commit is on the disk when it returns.",
                    ("Beaten: somebody saved first, so it was loaded and tried again. CPU: with its load and its share "
                     "of what was beaten, all threads.")]
    show(table)
    show_gates([table])
    return 0


def counted(number):
    """A sample account with `number` dollars."""
    document = json.loads(min(SAMPLES.glob("*.margin.json")).read_text("utf-8"))
    return read_document({**document, "collateral": [{"asset": "USD", "amount": number}]})


def measured(threads, rounds):
    """(seconds of every save that was kept, how many were beaten, wall seconds, processor seconds)."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'saves.db'}")
        try:
            ids = [store.save_new(counted(0), f"new {n}").id for n in range(ACCOUNTS)]
            start = Barrier(threads)

            def write(thread):
                chosen = random.Random(thread)
                start.wait()
                return [add_one(store, chosen.choice(ids), f"{thread}/{n}") for n in range(rounds)]

            wall, cpu = time.perf_counter(), time.process_time()
            with ThreadPoolExecutor(threads) as pool:
                saves = [save for done in pool.map(write, range(threads)) for save in done]
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            kept = sum(dollars(store.load(one).account) for one in ids)
        finally:
            store.close()
    if kept != threads * rounds:
        raise WrongAnswer(f"{threads * rounds - kept} of {threads * rounds} updates are lost")
    return [seconds for seconds, _ in saves], sum(beaten for _, beaten in saves), wall, cpu


def add_one(store, account_id, key):
    """One dollar more. Returns seconds of the longest save on the way, and how often somebody was faster."""
    longest, beaten = 0.0, 0
    while True:
        held = store.load(account_id)
        after = counted(dollars(held.account) + 1)
        start = time.perf_counter()
        try:
            store.save(account_id, after, held.version, key)
        except errors.Conflict:
            beaten += 1
        else:
            return max(longest, time.perf_counter() - start), beaten
        longest = max(longest, time.perf_counter() - start)


def dollars(account):
    return account.document["collateral"][0]["amount"]


def add(table, threads, waits, beaten, wall, cpu):
    """A row, and for more than one writer its gates."""
    ordered, count = sorted(wait * 1e3 for wait in waits), len(waits)
    half, high, most = ordered[count // 2], ordered[int(count * 0.99)], ordered[-1]
    table.rows.append((threads, count, beaten, plain(count / wall, ".0f"), plain(half, ".1f"), plain(high, ".1f"),
                       plain(most, ".0f"), plain(cpu / count * 1e3, ".1f"), f"{P99_MS:g}, {MOST_MS:g}"))
    if threads > 1:
        table.at_most(f"{threads} writers: p99", high, P99_MS, "ms")
        table.at_most(f"{threads} writers: max", most, MOST_MS, "ms")


if __name__ == "__main__":
    sys.exit(main())
