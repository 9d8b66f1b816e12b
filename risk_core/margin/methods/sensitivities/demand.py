"""What margin by sensitivities demands of a pool: one part per risk class and measure, and what classes offset.

SIMM is what a counterparty collects, worked out from its own sensitivities: what the account is short in gamma, the
counterparty is long, and gains when prices jump. So the account's sensitivities go in with the other sign.
"""

from __future__ import annotations

from ....arrays import Floats
from ....rulebooks.sensitivities import SensitivityRules
from ..demand import Demand, Part, Pool
from .book import largest, sensitivities
from .simm import MEASURES, RISKS, margin

TITLES = {"delta": "Delta", "vega": "Vega", "curvature": "Curvature"}


def demand(pool: Pool, own: SensitivityRules) -> Demand:
    """Delta, vega and curvature margin of the pool's Greeks at each state."""
    columns, amount = sensitivities(pool, own)
    found = margin(own, columns, -amount)
    share = own.maintenance_share

    def part(key: str, title: str, value: Floats) -> Part:
        return Part(f"sensitivities.{key}", title, "", value, share * value, is_core=True)

    parts = [part(f"{risk}.{measure}", f"{TITLES[measure]} margin, {product.lower()} class",
                  found.parts[product, risk, measure])
             for product in found.offsets for risk in RISKS for measure in MEASURES
             if (product, risk, measure) in found.parts]
    parts += [part(f"{product.lower()}.between", f"Offset between risk classes, {product.lower()} products", value)
              for product, value in found.offsets.items()]
    words = "Largest sensitivity: " + largest(columns, amount[0]) + "."
    return Demand(tuple(parts), (), words, pool.states)
