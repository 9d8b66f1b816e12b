"""numexpr kernels: each source compiled once per concurrent caller, each with a plain numpy twin.

A compiled numexpr object keeps its temporaries inside itself and runs without the interpreter lock; two threads in one
object crash the process (pydata/numexpr issue 569). So each call checks an object out of a pool and back in.

A kernel takes more processor time than its numpy twin and spreads it over threads, so it is used where there are enough
of them and enough to do, see `pays`; `make bench` measures both. The price needs no normal distribution function: with
t = ln(F/K)/v and w = v/2,

    time value = F exp(-(t+w)²/2) [ r(|t|-w) - r(|t|+w) ],    r(x) = Φ(-x) exp(x²/2)

where r (the Mills ratio over √(2π)) is a ratio of two polynomials. Coefficients: weighted Remez exchange on [-1.5, ∞)
and [0, ∞), largest error of exp(-x²/2) r(x) 1.6e-15 and 4.9e-15; the price is within 3e-14 of max(F, K) for v ≤ 3, and
`black76` sends wider options to the twin. `tests/core/test_kernels.py` holds the figure against mpmath.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numexpr as ne
import numpy as np
from scipy.special import ndtr

from ..arrays import Floats

CROSSOVER = 500_000
"""Elements from which a kernel can be faster than its numpy twin."""
ENOUGH_THREADS = 4
"""Threads a kernel needs for that: it takes 1.2 (AVX2) to 1.8 times (AVX-512) the processor time of its twin."""
WIDEST = 3.0
"""Largest total volatility v = σ√T the rational fit covers."""

_NEAR = (  # r on [-1.5, inf): numerator and denominator, ascending powers, leading denominator coefficient 1
    (84182.23080632479, 83799.34007535539, 43292.007646964965, 13652.707503406356, 2799.3201870835087,
     367.36498493382385, 28.460739037518433, 0.9998874225641018),
    (67167.70225430976, 120454.27226491083, 97066.777503439, 45978.25573901506, 14025.724585608705,
     2826.944601053221, 368.43429514294667, 28.456824886522565, 1.0),
)
_FAR = (  # r on [0, inf)
    (1143.9283069041865, 1005.5568125039405, 444.81694098934923, 111.66202751902844, 15.779163019138345,
     0.9998953174343355),
    (912.7227347442212, 1530.5656340514554, 1119.7658909874117, 460.00363233438804, 112.71802649849019,
     15.775701660217065, 1.0),
)
_SQRT_2PI = 0.39894228040143267794


def _horner(coefficients: tuple[float, ...], x: str) -> str:
    text = repr(coefficients[-1])
    for c in coefficients[-2::-1]:
        text = f"({text}*{x}+{c!r})"
    return text


def _ratio(fit: tuple[tuple[float, ...], tuple[float, ...]], x: str) -> str:
    numerator = tuple(_SQRT_2PI * c for c in fit[0])
    return f"{_horner(numerator, x)}/{_horner(fit[1], x)}"


_CALL = (
    "F*exp(-0.5*(t+w)*(t+w))"
    f"*({_ratio(_NEAR, '(abs(t)-w)')}-{_ratio(_FAR, '(abs(t)+w)')})"
    "+(t>0)*(F-K)"
)


def pays(size: int) -> bool:
    """Whether a kernel is the faster way for `size` elements on this machine."""
    return size >= CROSSOVER and ne.get_num_threads() >= ENOUGH_THREADS


def call_twin(F: Floats, K: Floats, t: Floats, w: Floats) -> Floats:
    """Undiscounted call in plain numpy: F Φ(t+w) - K Φ(t-w); t of the full shape, the others broadcast to it."""
    value, paid = np.asarray(t + w), np.asarray(t - w)
    ndtr(value, out=value)  # in place: fresh memory costs more than the arithmetic
    ndtr(paid, out=paid)
    value *= F
    paid *= K
    value -= paid
    return value


@dataclass
class Kernel:
    """One compiled expression with its numpy twin; safe to call from any number of threads."""

    source: str
    names: tuple[str, ...]
    twin: Callable[..., Floats]
    _free: deque[ne.NumExpr] = field(default_factory=deque)

    def __call__(self, *arrays: Floats) -> Floats:
        """Evaluate on broadcastable float64 arrays, in the order of `names`; made whole first, as numexpr is slow to
        broadcast.
        """
        arrays = tuple(np.asarray(whole, order="C") for whole in np.broadcast_arrays(*arrays))
        try:
            compiled = self._free.pop()
        except IndexError:
            compiled = ne.NumExpr(self.source, [(name, np.float64) for name in self.names])
        try:
            return np.asarray(compiled(*arrays, order="K", casting="safe", ex_uses_vml=bool(ne.use_vml)))
        finally:
            self._free.append(compiled)


KERNELS = {"call": Kernel(_CALL, ("F", "K", "t", "w"), call_twin)}


def warm() -> None:
    """Compile every kernel once (8 ms each), so that no user waits for it."""
    one = np.ones(1)
    for kernel in KERNELS.values():
        kernel(*(one for _ in kernel.names))
