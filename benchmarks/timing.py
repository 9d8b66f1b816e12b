"""Interleaved clocks: every contestant runs once a round, the order rotates, and noise falls on all alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from risk_core.liquidation import thresholds
from risk_core.margin import holding

SAMPLE = 1e-3
"""Seconds a sample lasts at least; shorter calls are repeated within it."""


@dataclass(frozen=True)
class Clock:
    """Seconds a call. wall: best; typical: median wall; cpu: median over all threads; rounds measured."""

    wall: float
    typical: float
    cpu: float
    rounds: int

    @property
    def undisturbed(self):
        """What a gate looks at: best wall, or the processor time where a busy machine made even that one longer."""
        return min(self.wall, self.cpu)

    def scaled(self, factor):
        """The same work done `factor` times."""
        return Clock(self.wall * factor, self.typical * factor, self.cpu * factor, self.rounds)


def forget():
    """What a session keeps from one question to the next, forgotten, so that every call works out its own answer."""
    thresholds._levels.cache_clear()
    holding._hold.cache_clear()


def clocks(calls: Mapping[str, Callable[[], object]], seconds: float, rounds: tuple[int, int] = (4, 60)):
    """Clock of each call, from as many rounds as fit into `seconds`, within the bounds of `rounds`."""
    names = list(calls)
    repeats = {name: _repeats(calls[name]) for name in names}
    samples = {name: [] for name in names}
    gc.collect()
    end, done = time.perf_counter() + seconds, 0
    while done < rounds[0] or (done < rounds[1] and time.perf_counter() < end):
        start = done % len(names)
        for name in names[start:] + names[:start]:
            samples[name].append(_sample(calls[name], repeats[name]))
        done += 1
    return {name: _clock(samples[name]) for name in names}


def _repeats(call):
    """How often a call fits into one sample; the first calls also warm up."""
    call()
    return max(1, round(SAMPLE / max(_sample(call, 1)[0], 1e-7)))


def _sample(call, repeats):
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats


def _clock(samples):
    walls, cpus = zip(*samples, strict=True)
    return Clock(min(walls), statistics.median(walls), statistics.median(cpus), len(samples))
