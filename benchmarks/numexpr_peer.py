"""Black-76 by numexpr: the peer that numpy in blocks over threads is measured against, and a second way to every price.

The price needs no normal distribution function: with t = ln(F/K)/v and w = v/2,

    time value = F exp(-(t+w)²/2) [ r(|t|-w) - r(|t|+w) ],    r(x) = Φ(-x) exp(x²/2)

where r (the Mills ratio over √(2π)) is a ratio of two polynomials. Coefficients: weighted Remez exchange on [-1.5, ∞)
and [0, ∞), largest error of exp(-x²/2) r(x) 1.6e-15 and 4.9e-15, for v ≤ 3. These fits, not the arithmetic, keep it
from agreeing with numpy to the last bits.

Options are rows, scenarios columns: what belongs to either comes as a column or a row, and rows are padded to whole
blocks of numexpr, without which broadcasting takes half as long again. A compiled numexpr object keeps its temporaries
inside itself and runs without the interpreter lock; two threads in one object crash the process (pydata/numexpr issue
569). So each call checks an object out of a pool and back in.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

try:
    import numexpr as ne
except ImportError:  # then it takes no part
    ne = None

WIDEST = 3.0
"""Largest total volatility v = σ√T the rational fit covers."""
PAD = 1024
"""Cells numexpr treats at a time."""

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


def _horner(coefficients, x):
    text = repr(coefficients[-1])
    for c in coefficients[-2::-1]:
        text = f"({text}*{x}+{c!r})"
    return text


def _ratio(fit, x):
    numerator = tuple(_SQRT_2PI * c for c in fit[0])
    return f"{_horner(numerator, x)}/{_horner(fit[1], x)}"


_T, _W = "((f-k)*i*j)", "(h*m)"
CALL = (f"F*exp(-0.5*({_T}+{_W})*({_T}+{_W}))"
        f"*({_ratio(_NEAR, f'(abs({_T})-{_W})')}-{_ratio(_FAR, f'(abs({_T})+{_W})')})"
        f"+({_T}>0)*(F-K)")


@dataclass
class Kernel:
    """One compiled expression of doubles; safe to call from any number of threads."""

    source: str
    names: tuple[str, ...]
    free: deque = field(default_factory=deque)

    def __call__(self, *arrays):
        """Evaluate on broadcastable float64 arrays, in the order of `names`."""
        try:
            compiled = self.free.pop()
        except IndexError:
            compiled = ne.NumExpr(self.source, [(name, np.float64) for name in self.names])
        try:
            return np.asarray(compiled(*arrays, order="K", casting="safe", ex_uses_vml=bool(ne.use_vml)))
        finally:
            self.free.append(compiled)


KERNEL = Kernel(CALL, ("F", "K", "f", "h", "i", "j", "k", "m"))
"""F; K; ln F; half of, and one over, the volatility of the rows; one over that of the columns; ln K; of the columns."""


def separable_call(F, K, v, m):
    """Undiscounted calls (n, S) of F (S,) and K (n,) at total volatilities v (n,) × m (S,), none above WIDEST."""
    wide, m = (_padded(np.asarray(x, dtype=np.float64))[None, :] for x in (F, m))
    K, v = (np.asarray(x, dtype=np.float64)[:, None] for x in (K, v))
    whole = KERNEL(wide, K, np.log(wide), 0.5 * v, 1.0 / v, 1.0 / m, np.log(K), m)
    return whole[:, : len(F)]


def _padded(row):
    """A row to the next whole block, filled with its last number; a short one as it is."""
    missing = -len(row) % PAD
    return np.append(row, np.full(missing, row[-1])) if len(row) >= PAD // 2 else row
