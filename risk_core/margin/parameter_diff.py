"""What changed a margin: two versions of a rulebook on one book or two, parameter by parameter, and the book.

In the stated order: every parameter that differs is set to its new value in the order of the rulebook, the book last;
each part is the change of its step, so the parts depend on the order. Independent of the order: the Shapley value, a
part's mean change over all orders (L. Shapley, "A value for n-person games"), for up to MOST_SHARED changes; beyond
that the mean of the stated order and its reverse. The parts of either add up to the whole change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..errors import ABSENT, Refused
from ..portfolio.account_file import Account
from ..rulebooks import load
from ..rulebooks.choices import Difference, differences
from ..rulebooks.rules import Rulebook
from .holding import hold
from .models import Mode

MOST_SHARED = 6
"""Changed parameters up to which every order is looked at; the book comes on top."""
BOOK = "book"
"""Stands for the account where keys of parameters stand; no key can be it, because a key has a section."""

Sides = tuple[float, float]
"""Initial and maintenance margin, dollars."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one cause, keys that change together or BOOK alone, changed; dollars.

    differences: the values before and after, none of the book. ordered: in the stated order; shared: independent of it.
    """

    keys: tuple[str, ...]
    differences: tuple[Difference, ...]
    ordered_initial: float
    ordered_maintenance: float
    shared_initial: float
    shared_maintenance: float


@dataclass(frozen=True, slots=True)
class ParameterDiff:
    """A change of margin and its causes, in the stated order. before, after: initial and maintenance margin, dollars.

    is_shapley: whether the shared parts look at every order. joined: why several parameters are one cause, else "".
    """

    before: Sides
    after: Sides
    changes: tuple[Change, ...]
    is_shapley: bool
    joined: str


def diff(old: tuple[Account, Rulebook], new: tuple[Account, Rulebook], mode: Mode) -> ParameterDiff:
    """What made the margin of `old` that of `new`, in one mode. Raises Refused where either has no figure in it."""
    stated = differences(old[1], new[1])
    is_book = old[0].digest != new[0].digest
    refused: Refused | None = None
    for groups, joined in _groupings(stated):
        causes = [*groups, *([(BOOK,)] if is_book else [])]
        value = _values(old, new, mode, causes)
        try:
            return _split(causes, stated, value, joined)
        except Refused as problem:
            refused = problem
    raise refused or RuntimeError("there is always a grouping")


Value = Callable[[frozenset[int]], Sides]


ABSENT_WORDS = "parameters that only one of the rulebooks has can only change together"
SECTION_WORDS = "parameters of one section need each other: changed one by one they make no sound rulebook"
WHOLE_WORDS = "the parameters need each other: changed in parts they make no sound rulebook"


def _groupings(stated: Sequence[Difference]) -> Iterable[tuple[list[tuple[str, ...]], str]]:
    """Ways to change the parameters, the finest first: one by one, by section, all at once."""
    keys = [one.key for one in stated if ABSENT not in (one.left, one.right)]
    lone = tuple(one.key for one in stated if ABSENT in (one.left, one.right))
    together = [lone] if lone else []
    yield [*((key,) for key in keys), *together], ABSENT_WORDS if lone else ""
    sections = list(dict.fromkeys(key.partition(".")[0] for key in keys))
    by_section = [tuple(key for key in keys if key.partition(".")[0] == section) for section in sections]
    yield [*by_section, *together], SECTION_WORDS
    yield ([(*keys, *lone)] if stated else []), WHOLE_WORDS


def _values(old: tuple[Account, Rulebook], new: tuple[Account, Rulebook], mode: Mode,
            causes: Sequence[tuple[str, ...]]) -> Value:
    """Margin with some of the causes at work, each worked out once."""
    known: dict[frozenset[int], Sides] = {}

    def value(at_work: frozenset[int]) -> Sides:
        if at_work not in known:
            changed = [key for i in sorted(at_work) for key in causes[i]]
            account = new[0] if BOOK in changed else old[0]
            known[at_work] = _margin(account, _mixed(old[1], new[1], changed), mode)
        return known[at_work]

    return value


def _mixed(old: Rulebook, new: Rulebook, changed: Iterable[str]) -> Rulebook:
    """The old rulebook with the parameters `changed` as in the new one. Raises Refused where that is not sound."""
    parameters = dict(old.parameters)
    for key in changed:
        parameters.pop(key, None)
        if key in new.parameters:
            parameters[key] = new.parameters[key]
    return load.rebuilt(old, parameters)


def _margin(account: Account, rulebook: Rulebook, mode: Mode) -> Sides:
    now = hold(account, rulebook.rules, mode).now
    return math.fsum(now.initial[0]), math.fsum(now.maintenance[0])


def _split(causes: Sequence[tuple[str, ...]], stated: Sequence[Difference], value: Value, joined: str) -> ParameterDiff:
    count = len(causes)
    everything = frozenset(range(count))
    is_shapley = count <= MOST_SHARED + ((BOOK,) in causes)
    forward = _in_order(list(range(count)), value)
    shared = _shapley(count, value) if is_shapley else _mean(forward, _in_order(list(range(count))[::-1], value))
    by_key: Mapping[str, Difference] = {one.key: one for one in stated}
    changes = tuple(Change(keys, tuple(by_key[key] for key in keys if key in by_key), *forward[i], *shared[i])
                    for i, keys in enumerate(causes))
    return ParameterDiff(value(frozenset()), value(everything), changes, is_shapley, joined)


def _in_order(order: Sequence[int], value: Value) -> dict[int, Sides]:
    """The change of each step when causes come one after the other."""
    out = {}
    for place, cause in enumerate(order):
        out[cause] = _less(value(frozenset(order[:place + 1])), value(frozenset(order[:place])))
    return out


def _shapley(count: int, value: Value) -> dict[int, Sides]:
    """Mean change of each cause over all orders: Σ over sets without it of |S|! (n − |S| − 1)! ÷ n! × its change."""
    out = {}
    for cause in range(count):
        others = [i for i in range(count) if i != cause]
        terms = []
        for size in range(count):
            weight = 1.0 / (count * math.comb(count - 1, size))
            for chosen in combinations(others, size):
                step = _less(value(frozenset(chosen) | {cause}), value(frozenset(chosen)))
                terms.append((weight * step[0], weight * step[1]))
        out[cause] = math.fsum(one[0] for one in terms), math.fsum(one[1] for one in terms)
    return out


def _mean(first: Mapping[int, Sides], second: Mapping[int, Sides]) -> dict[int, Sides]:
    return {i: (0.5 * (first[i][0] + second[i][0]), 0.5 * (first[i][1] + second[i][1])) for i in first}


def _less(after: Sides, before: Sides) -> Sides:
    return after[0] - before[0], after[1] - before[1]
