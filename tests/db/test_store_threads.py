"""Many writers at once: no update lost, nobody told that the database is locked."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from store_books import count_of, counted

from db import errors

THREADS, ROUNDS, ACCOUNTS = 8, 500, 8


def add_one(store, account_id, key):
    """Read, change, write until nobody was faster. Returns seconds of the longest save and how often somebody was."""
    waits, beaten = [], 0
    while True:
        held = store.load(account_id)
        start = time.perf_counter()
        try:
            store.save(account_id, counted(count_of(held.account) + 1), held.version, key)
        except errors.Conflict:
            beaten += 1
        else:
            return max([*waits, time.perf_counter() - start]), beaten
        waits.append(time.perf_counter() - start)


def test_eight_threads_lose_no_update(either_store, record_property):
    ids = [either_store.save_new(counted(0), f"new {n}").id for n in range(ACCOUNTS)]
    start = Barrier(THREADS)

    def writer(thread):
        rng = random.Random(thread)
        start.wait()
        return [add_one(either_store, rng.choice(ids), f"{thread}/{n}") for n in range(ROUNDS)]

    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        saves = [save for done in pool.map(writer, range(THREADS)) for save in done]
    seconds = time.perf_counter() - begun
    totals = [count_of(either_store.load(account_id).account) for account_id in ids]
    histories = [len(either_store.versions(account_id)) - 1 for account_id in ids]
    waits = sorted(wait for wait, _ in saves)
    told = (f"{len(saves)} saves, {sum(beaten for _, beaten in saves)} conflicts retried, {len(saves) / seconds:.0f}/s, "
            f"p50 {waits[len(waits) // 2] * 1e3:.1f} ms, p99 {waits[int(len(waits) * 0.99)] * 1e3:.1f} ms, "
            f"max {waits[-1] * 1e3:.1f} ms")
    record_property("threads", told)
    print(told)
    assert sum(totals) == THREADS * ROUNDS
    assert histories == totals


def test_two_tabs_on_one_account_lose_no_edit_unseen(either_store):
    """Every edit is either in the account or was reported as a conflict that holds both sides."""
    account_id = either_store.save_new(counted(0), "new").id

    def tab(thread):
        rng, saved, refused = random.Random(thread), 0, 0
        for n in range(60):
            held = either_store.load(account_id)
            time.sleep(rng.uniform(0, 0.004))
            mine = counted(count_of(held.account) + 1)
            try:
                either_store.save(account_id, mine, held.version, f"{thread}/{n}")
                saved += 1
            except errors.Conflict as conflict:
                assert conflict.mine is mine
                assert count_of(conflict.theirs.account) > count_of(held.account)
                refused += 1
        return saved, refused

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(tab, range(8)))
    assert sum(saved + refused for saved, refused in done) == 8 * 60
    assert sum(refused for _, refused in done) > 0
    assert count_of(either_store.load(account_id).account) == sum(saved for saved, _ in done)


def test_readers_see_whole_versions_while_writers_write(store):
    saved = store.save_new(counted(0), "new")

    def write(_):
        add_one(store, saved.id, f"w{_}")

    def look(_):
        with store.database.reading() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT a.version, b.amount FROM account a JOIN balance b ON b.account_id = a.id WHERE a.id = ?",
                (saved.id,)).all()
        [(version, amount)] = rows
        return version - 1 == int(amount)

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, n) for n in range(100)]
        looking = [pool.submit(look, n) for n in range(300)]
        assert all(future.result() for future in looking)
        for future in writing:
            future.result()
