"""Workloads of the whole job: from the text of an account file to every figure, and by several threads at once."""

import json
import threading

import numpy as np

from benchmarks import problems
from benchmarks.contest import Table, WrongAnswer, duration, plain
from benchmarks.scanning import relative
from benchmarks.timing import clocks, forget
from risk_core import output
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.portfolio.account_file import read
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks.load import resolve
from risk_core.valuation import black76
from tests import oracle

BUDGETS = {20: 25.0, 50: 25.0, 200: 100.0}


def _whole_job(text):
    forget()
    account = read(text)
    return compare(account, resolve(account.rules))


def _moved_job(account, rulebook):
    forget()
    return compare(move(account, WhatIf(price=1.03, volatility=1.1, days=1.0)), rulebook)


def _walked(account, rulebook):
    forget()
    return walk(account, rulebook, ["BTC"], problems.LADDER)


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
                "ladder of 161 prices, all modes, with levels": lambda a=account, r=rulebook: _walked(a, r)}
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
    """Eight threads at once."""
    table = Table("Threads", ("what", "result"))
    F, K, v = problems.cells(5 if quick else 100, 1000)
    text = problems.account_text(20 if quick else 50)
    jobs = {"comparisons": lambda: json.dumps(output.comparison(_whole_job(text), "")),
            f"prices of {v.size:,} options": lambda: black76.call(F, K, v).tobytes()}
    for what, job in jobs.items():
        done, same = _together(job, 8, 3 if quick else 10)
        if not same:
            raise WrongAnswer(f"{what} differ between threads")
        table.rows.append((f"8 threads at once, {done} {what}", "no crash, identical"))
    return table


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
