"""Numbers of the normal distribution that turn risk weights into volatilities and vega into curvature."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from ....arrays import Floats
from ....rulebooks.sensitivities import SensitivityRules

YEAR = 365.0
"""Days of a year."""


def volatility(rules: SensitivityRules) -> float:
    """Points of a year's volatility per percent of risk weight, √(365 ÷ days) ÷ N⁻¹(confidence)."""
    return math.sqrt(YEAR / rules.horizon_days) / float(ndtri(rules.vega_confidence))


def scaling(rules: SensitivityRules, days: Floats) -> Floats:
    """Share of vega that is gamma over the horizon, ½ min(1, horizon ÷ days to expiry)."""
    return np.asarray(0.5 * np.minimum(1.0, rules.horizon_days / days))


def tail(rules: SensitivityRules, sums: Floats, sizes: Floats) -> Floats:
    """Multiple λ of the correlated curvature: (z² − 1)(1 + θ) − θ, θ = min(0, Σ ÷ Σ|·|)."""
    theta = np.minimum(0.0, np.divide(sums, sizes, out=np.zeros_like(sums), where=sizes > 0))
    z = float(ndtri(rules.curvature_confidence))
    return np.asarray((z * z - 1.0) * (1.0 + theta) - theta)
