"""Black-76 with one exponential and no normal distribution function: the form of large arrays, in numexpr and in numpy.

With t = ln(F/K)/v and w = v/2, 0 < v ≤ WIDEST, from F φ(t+w) = K φ(t-w):

    price = F exp(-(t+w)²/2) [ r(|t|-w) - r(|t|+w) ] + intrinsic value,    r(x) = Φ(-x) exp(x²/2)

where r (the Mills ratio over √(2π)) is a ratio of two polynomials. Coefficients: weighted Remez exchange on [-1.5, ∞)
and [0, ∞), largest error of exp(-x²/2) r(x) 1.6e-15 and 4.9e-15. Logarithms come from outside, one of each F and each
K. The price is within 1e-14·max(F, K) (`tests/core/test_kernels.py`).

Two engines say the same operations in the same order: they differ by the last bit of their exponentials alone. Which
one is used is `engine()`. Both run on one thread, without the interpreter lock: `blocks` spreads them over threads.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.lib import introspect

from ..arrays import Floats
from ..errors import Problem, Refused

WIDEST = 3.0
"""Largest total volatility v = σ√T the rational fit covers."""
PAD = 1024
"""Cells numexpr treats at a time; last axes of other lengths cost it half as much again."""
VARIABLE = "MARGINSCOPE_ENGINE"
"""Variable of the environment: auto, numexpr or numpy."""
WIDE_EXPONENTIALS = {"AVX512_SKX", "X86_V4"}
"""What numpy calls its loops for AVX-512, before and since its version 2.4."""

_SQRT_2PI = 0.39894228040143267794
_Fit = tuple[tuple[float, ...], tuple[float, ...]]


def _fit(numerator: tuple[float, ...], denominator: tuple[float, ...]) -> _Fit:
    """Coefficients of r, ascending powers, from those of the Mills ratio."""
    return tuple(_SQRT_2PI * c for c in numerator), denominator


_NEAR = _fit(  # r on [-1.5, ∞)
    (84182.23080632479, 83799.34007535539, 43292.007646964965, 13652.707503406356, 2799.3201870835087,
     367.36498493382385, 28.460739037518433, 0.9998874225641018),
    (67167.70225430976, 120454.27226491083, 97066.777503439, 45978.25573901506, 14025.724585608705,
     2826.944601053221, 368.43429514294667, 28.456824886522565, 1.0),
)
_FAR = _fit(  # r on [0, ∞)
    (1143.9283069041865, 1005.5568125039405, 444.81694098934923, 111.66202751902844, 15.779163019138345,
     0.9998953174343355),
    (912.7227347442212, 1530.5656340514554, 1119.7658909874117, 460.00363233438804, 112.71802649849019,
     15.775701660217065, 1.0),
)


def _horner(coefficients: tuple[float, ...], x: str) -> str:
    text = repr(coefficients[-1])
    for c in coefficients[-2::-1]:
        text = f"({text}*{x}+{c!r})"
    return text


def _ratio(fit: _Fit, x: str) -> str:
    return f"{_horner(fit[0], x)}/{_horner(fit[1], x)}"


_T, _W = "((f-k)/v)", "(0.5*v)"
SOURCE = (f"({_ratio(_NEAR, f'(abs({_T})-{_W})')}-{_ratio(_FAR, f'(abs({_T})+{_W})')})"
          f"*(exp(({_T}+{_W})*({_T}+{_W})*-0.5)*F)+((F>K)-put)*(F-K)")
NAMES = ("F", "K", "f", "k", "v", "put")
"""Forward; strike; ln F; ln K, finite; total volatility, above 0, at most WIDEST; 1 for a put, 0 for a call."""


def by_numpy(F: Floats, K: Floats, f: Floats, k: Floats, v: Floats, put: Floats) -> Floats:
    """Undiscounted prices, letters as in NAMES and of any broadcastable shapes; in place, so for small blocks."""
    t, w = np.asarray((f - k) / v), 0.5 * v
    density = np.asarray(t + w)
    density *= density
    density *= -0.5
    np.exp(density, out=density)
    density *= F
    np.abs(t, out=t)
    value = _ratio_of(_NEAR, np.asarray(t - w))
    t += w
    value -= _ratio_of(_FAR, t)
    value *= density
    return np.asarray(value + ((F > K) - put) * (F - K))


def _ratio_of(fit: _Fit, x: Floats) -> Floats:
    """A fit at x, one cell after the other as in `_ratio`."""
    value, divisor = _polynomial(fit[0], x), _polynomial(fit[1], x)
    value /= divisor
    return value


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.asarray(x * coefficients[-1])
    value += coefficients[-2]
    for c in coefficients[-3::-1]:
        value *= x
        value += c
    return value


@dataclass
class Kernel:
    """One numexpr expression of doubles, compiled once for every caller that it has at a time (8 ms each).

    A compiled object keeps its temporaries inside itself and runs without the interpreter lock; two threads in one
    object crash the process (pydata/numexpr issue 569). So each call checks an object out of a pool and back in.
    """

    source: str
    names: tuple[str, ...]
    free: deque[Any] = field(default_factory=deque)

    def compiled(self) -> Any:
        """A compiled object that nobody else has."""
        numexpr = _numexpr()
        return numexpr.NumExpr(self.source, [(name, np.float64) for name in self.names])

    def __call__(self, *arrays: Floats) -> Floats:
        """Evaluate on broadcastable float64 arrays, in the order of `names`."""
        try:
            compiled = self.free.pop()
        except IndexError:
            compiled = self.compiled()
        try:
            return np.asarray(compiled(*arrays, order="C", casting="safe", ex_uses_vml=False))
        finally:
            self.free.append(compiled)


KERNEL = Kernel(SOURCE, NAMES)


@cache
def _numexpr() -> Any:
    """The library on one thread a call, imported where it is used."""
    import numexpr

    numexpr.set_num_threads(1)
    return numexpr


def by_numexpr(*arrays: Floats) -> Floats:
    """The same as `by_numpy`, compiled. The last axis is padded to whole pieces of PAD, or all axes are made one."""
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    length = shape[-1] if shape else 1
    missing = -length % PAD
    if 8 * missing <= length:
        return KERNEL(*(_padded(array, missing) for array in arrays))[..., :length]
    flat = (np.broadcast_to(array, shape).reshape(-1) for array in arrays)
    return KERNEL(*flat).reshape(shape)


def _padded(array: Floats, missing: int) -> Floats:
    """The last axis made longer by its last number, where it has more than one."""
    if not missing or array.shape[-1:] <= (1,):
        return array
    return np.concatenate([array, np.repeat(array[..., -1:], missing, axis=-1)], axis=-1)


ENGINES: dict[str, Callable[..., Floats]] = {"numexpr": by_numexpr, "numpy": by_numpy}


@cache
def engine() -> str:
    """The engine of large arrays, a key of ENGINES, for this process. Raises Refused for another word in VARIABLE.

    auto: numexpr, but numpy where numpy has an exponential for AVX-512, which halves its time; numexpr has none.
    """
    wanted = os.environ.get(VARIABLE) or "auto"
    if wanted not in {"auto", *ENGINES}:
        raise Refused([Problem(VARIABLE, wanted, "must be auto, numexpr or numpy")])
    if wanted != "auto":
        return wanted
    loops = introspect.opt_func_info("^exp$", "float64").get("exp", {})
    return "numpy" if any(loop["current"] in WIDE_EXPONENTIALS for loop in loops.values()) else "numexpr"


def price(*arrays: Floats) -> Floats:
    """Undiscounted prices by the engine of this process; arguments as NAMES, any broadcastable shapes."""
    return ENGINES[engine()](*arrays)


def warm() -> None:
    """Get the engine in use ready, so that no user waits for it."""
    if engine() == "numexpr":
        missing = (os.cpu_count() or 1) - len(KERNEL.free)
        KERNEL.free.extend([KERNEL.compiled() for _ in range(missing)])
