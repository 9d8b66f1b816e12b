"""Workload of liquidation levels: all of an account in all modes, and how many a scan of nodes misses."""

import json
from dataclasses import dataclass

import numpy as np

from benchmarks import peers, problems
from benchmarks.contest import OURS, WrongAnswer, contest, faster
from benchmarks.peers import Peer
from benchmarks.timing import forget
from risk_core.liquidation.thresholds import levels
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import resolve
from tests import accounts, oracle


def _holdings(account):
    rules = resolve(account.rules).rules
    return [hold(account, rules, mode) for mode in MODES.values()]


def _our_edges(holdings):
    """Edges as multiples of the price, by (mode, bucket, underlying)."""
    forget()
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
