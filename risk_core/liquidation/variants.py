"""Questions in which a charge is the lower of two: asked once for each, and below zero where every answer says so.

A lower charge makes the buffer the greater of two, H = max(H1, H2), and rows can say least only. Each of the two is a
walk of its own, searched completely, and H is below zero exactly where both are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import accumulate, combinations

from ..errors import Unsettled
from ..margin.charges import options
from . import sampled
from .lines import walks
from .question import Question
from .search import Region, regions_below_zero


def below_zero(questions: Sequence[Question]) -> list[list[Region]]:
    """Per question the sorted, disjoint open intervals of k in which it is below zero. Raises Unsettled."""
    rows = iter(_by_rows([question for question in questions if not question.sampled]))
    seen = iter(sampled.regions_below_zero([question for question in questions if question.sampled]))
    return [next(seen if question.sampled else rows) for question in questions]


def _by_rows(questions: Sequence[Question]) -> list[list[Region]]:
    """The answers of questions that rows can say, each variant searched completely."""
    asked = [variants(question) for question in questions]
    found = regions_below_zero(walks([variant for mine in asked for variant in mine]))
    ends = list(accumulate(len(mine) for mine in asked))
    return [reduce(both, found[end - len(mine):end]) for end, mine in zip(ends, asked, strict=True)]


def variants(question: Question) -> list[Question]:
    """The question once for each set of choices in which the second charge is asked for. Raises Unsettled."""
    rules, holding = question.asks_options, question.holding
    if rules is None or not rules.charges_longs:
        return [question]
    count = int(options.choices(holding.account, holding.nets, rules, question.moving).max(initial=-1)) + 1
    reason = options.too_many(rules, count)
    if reason:
        raise Unsettled(reason)
    return [replace(question, second=frozenset(chosen)) for chosen in _subsets(count)]


def _subsets(count: int) -> Iterable[tuple[int, ...]]:
    return (chosen for size in range(count + 1) for chosen in combinations(range(count), size))


def both(one: Sequence[Region], other: Sequence[Region]) -> list[Region]:
    """Where both are below zero."""
    shared = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((low, high) for low, high in shared if low < high)
