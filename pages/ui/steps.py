"""The stops of the what-if sliders: fine near now, far at the ends, and one more for a value that was typed."""

from __future__ import annotations

from typing import Final

Steps = tuple[float, ...]


def _run(start: float, stop: float, step: float) -> list[float]:
    return [round(float(start) + i * step, 6) for i in range(round((stop - start) / step))]


def _both(*positive: float) -> list[float]:
    return [-value for value in reversed(positive)] + [0.0] + list(positive)


_FINE = (*_run(0.25, 3, 0.25), *_run(3, 10, 0.5), *_run(10, 30, 1), *_run(30, 60, 2))
PRICES: Final[Steps] = (*_run(-90, -60, 5), *_both(*_FINE), *_run(60, 100, 5), *_run(100, 200, 10),
                        *_run(200, 300, 25), 300.0)
"""Percent of the price."""
VOLATILITIES: Final[Steps] = (-80.0, -70.0, -60.0, *_both(*_run(2.5, 20, 2.5), *_run(20, 60, 5)), *_run(60, 100, 10),
                              *_run(100, 200, 25), 200.0)
"""Percent of the implied volatility."""
DAYS: Final[Steps] = (*_run(0, 14, 1), 14.0, 17.0, 21.0, 25.0, 28.0, 30.0, 35.0, 42.0, 49.0, 56.0, 60.0, 63.0, 70.0,
                      77.0, 84.0, 90.0, 105.0, 120.0, 150.0, 180.0, 270.0, 365.0)
"""Days from now."""
SIZES: Final[Steps] = (0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.25, 1.5, 1.75, 2.0,
                       2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0)
LEVERAGES: Final[Steps] = (0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 1.25, 1.5, 1.75, 2.0, 2.5,
                           3.0, 4.0)
"""Factors, like SIZES; 1 is as it is."""


def having(steps: Steps, value: float | None) -> Steps:
    """The stops with one more for a value between them; as they are for None and for a value beyond their ends."""
    if value is None or value in steps or not steps[0] < value < steps[-1]:
        return steps
    return tuple(sorted((*steps, value)))
