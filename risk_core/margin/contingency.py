"""Extra initial margin while the dollar coin or a price feed is in doubt; maintenance does not know it.

Source: Derive, "Standard Margin", depeg contingency and oracle contingency.
"""

from __future__ import annotations

CONFIDENCE = 0.55
"""Confidence of a feed below which it is in doubt."""


def depeg(coin_price: float, threshold: float, factor: float, spot: float, size: float) -> float:
    """Dollars for `size` units at risk (short options and futures of both sides), 0 from the threshold on."""
    return max(threshold - coin_price, 0.0) * factor * spot * size


def feed_in_doubt(confidence: float, spot: float, size: float, scale: float = 1.0,
                  threshold: float = CONFIDENCE) -> float:
    """Dollars for `size` units priced by a feed of this confidence (0 to 1), 0 from the threshold on."""
    return scale * (1.0 - confidence) * spot * size if confidence < threshold else 0.0
