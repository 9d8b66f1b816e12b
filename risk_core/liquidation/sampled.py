"""Search where rows cannot say the buffer: walks are sampled, looked at more closely where they may cross, and roots
sharpened. A region narrower than a sample's step can be missed; the step is part of the answer's limits.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ..arrays import Flags, Floats, Ints
from ..margin.holding import Holding, margin
from .lines import ZERO, gross_along, span
from .question import Question
from .search import Region
from .walks import HIGHEST, LOWEST

NEAR, FAR = 0.01, 0.05
"""Relative steps of the first look: from 1/5 to 5 times the present price, and beyond."""
CLOSER = 8
"""Parts of a step that is looked at again, because the buffer turns there close to 0."""
AT_ONCE = 512
"""States that are charged in one call."""


def first_look() -> Floats:
    """The multiples of the present price that every walk is sampled at, rising."""
    near = np.exp(np.arange(np.log(0.2), np.log(5.0), NEAR))
    below, above = (np.exp(np.arange(np.log(a), np.log(b), FAR)) for a, b in ((LOWEST, 0.2), (5.0, HIGHEST)))
    return np.asarray(np.concatenate([below, near, above, [1.0, HIGHEST]]))


def regions_below_zero(questions: Sequence[Question], within: Region = (LOWEST, HIGHEST)) -> list[list[Region]]:
    """Per question the sorted, disjoint open intervals of k with a buffer below zero, as far as samples show.

    within: the range of k that is looked at.
    """
    out: list[list[Region]] = [[] for _ in questions]
    for holding in dict.fromkeys(question.holding for question in questions):
        mine = [i for i, question in enumerate(questions) if question.holding is holding]
        walks = _Walks(holding, [questions[i] for i in mine], within)
        for i, regions in zip(mine, walks.regions(), strict=True):
            out[i] = regions
    return out


class _Walks:
    """The questions of one holding. beta: (Q, U); zero: what a buffer may lack at k and still count as 0."""

    def __init__(self, holding: Holding, questions: Sequence[Question], within: Region) -> None:
        self.holding = holding
        self.beta = np.array([question.beta for question in questions])
        self.bucket = np.array([question.bucket for question in questions])
        self.gross = np.array([gross_along(question) for question in questions]).reshape(-1, 2)
        spans = [span(question.beta) for question in questions]
        self.spans = [(min(max(low, within[0]), high), max(min(high, within[1]), low)) for low, high in spans]

    def buffer(self, walk: Ints, k: Floats) -> Floats:
        """Equity less maintenance margin of walks at k, plus what counts as 0; dollars (n,)."""
        out = np.zeros(len(k))
        for start in range(0, len(k), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            at = walk[part]
            now = margin(self.holding, 1.0 + self.beta[at] * (k[part, None] - 1.0))
            own = np.arange(len(at)), self.bucket[at]
            out[part] = now.equity[own] - now.maintenance[own]
        return np.asarray(out + ZERO * (self.gross[walk, 0] + self.gross[walk, 1] * k))

    def regions(self) -> list[list[Region]]:
        """The answers, in the order of the questions."""
        walk, k = self._points()
        h = self.buffer(walk, k)
        more_walk, more_k = _turns(walk, k, h)
        walk, k = np.concatenate([walk, more_walk]), np.concatenate([k, more_k])
        h = np.concatenate([h, self.buffer(more_walk, more_k)])
        order = np.lexsort((k, walk))
        walk, k, h = walk[order], k[order], h[order]
        crossing = np.flatnonzero((walk[1:] == walk[:-1]) & ((h[1:] < 0) != (h[:-1] < 0)))
        roots = self._roots(walk[crossing], k[crossing], k[crossing + 1])
        return [self._joined(w, h[walk == w] < 0, roots[walk[crossing] == w])
                for w in range(len(self.beta))]

    def _points(self) -> tuple[Ints, Floats]:
        look = first_look()
        pairs = [(np.full(len(inside), w), inside) for w, (low, high) in enumerate(self.spans)
                 for inside in [np.unique(np.concatenate([look[(look > low) & (look < high)], [low, high]]))]]
        return np.concatenate([w for w, _ in pairs]), np.concatenate([k for _, k in pairs])

    def _roots(self, walk: Ints, left: Floats, right: Floats) -> Floats:
        """The root in each bracket, (n,)."""
        if not len(walk):
            return np.zeros(0)
        from scipy.optimize import elementwise  # here: the first page of the app does without it

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a bracket that ends on the root divides by 0
            found = elementwise.find_root(lambda k, w: self.buffer(w.astype(np.int64), k), (left, right),
                                          args=(walk.astype(np.float64),))
        return np.asarray(np.clip(found.x, left, right))

    def _joined(self, walk: int, below: Flags, roots: Floats) -> list[Region]:
        low, high = self.spans[walk]
        ends = [*([low] if below[0] else []), *roots.tolist(), *([high] if below[-1] else [])]
        return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if a < b]


def _turns(walk: Ints, k: Floats, h: Floats) -> tuple[Ints, Floats]:
    """Points inside the steps beside which the buffer turns back before 0, though it could reach it."""
    same = (walk[2:] == walk[1:-1]) & (walk[1:-1] == walk[:-2])
    side = np.where(h[1:-1] < 0, -1.0, 1.0)
    before, here, after = side * h[:-2], side * h[1:-1], side * h[2:]
    bend = np.maximum(before - here, 0.0) + np.maximum(after - here, 0.0)
    dips = np.flatnonzero(same & (before >= here) & (after >= here) & (here <= bend)) + 1
    parts = np.arange(1, CLOSER) / CLOSER
    lefts = np.concatenate([dips - 1, dips])
    points = k[lefts][:, None] + parts * (k[lefts + 1] - k[lefts])[:, None]
    return np.repeat(walk[lefts], len(parts)), points.ravel()
