"""What the account file says of single feeds: fixed part and confidence of a forward; confidence of prices.

All of it is optional: without a confidence a feed is sure (1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....arrays import Floats, Ints
from ....portfolio.account_file import Account
from ....portfolio.fields import parse_instant

SURE = 1.0
"""Confidence of a feed of which the account file says nothing."""


def fixed_shares(account: Account, option: Ints) -> Floats:
    """Part of each option's forward that is fixed, as given, NaN where it is not; (n,)."""
    return _of_forwards(account, option, "fixed_share", float("nan"))


def expiry_confidence(account: Account, option: Ints) -> Floats:
    """Confidence of each option's expiry, (n,)."""
    return _of_forwards(account, option, "confidence", SURE)


def index_confidence(account: Account, underlying: int) -> float:
    """Confidence of an index price."""
    return float(_block(account, account.underlyings[underlying]).get("confidence", SURE))


def perpetual_confidence(account: Account, underlying: int) -> float:
    """Confidence of the price of an underlying's perpetual."""
    return float(_block(account, account.underlyings[underlying]).get("perpetual_confidence", SURE))


def asset_confidence(account: Account, asset: str) -> float:
    """Confidence of the price of a collateral asset."""
    return float(account.document["market"].get("confidence", {}).get(asset, SURE))


def _block(account: Account, name: str) -> Mapping[str, Any]:
    block: Mapping[str, Any] = account.document["market"]["underlyings"][name]
    return block


def _of_forwards(account: Account, option: Ints, key: str, absent: float) -> Floats:
    """What the forward of each option's expiry says under `key`, (n,)."""
    said: dict[tuple[str, Any], float] = {}
    for name in account.underlyings:
        for row in _block(account, name).get("forwards", ()):
            if key in row:
                said[name, parse_instant(row["expiry"])] = float(row[key])
    keys = [account.instruments.keys[i] for i in option]
    return np.array([said.get((key_.underlying, key_.expiry), absent) for key_ in keys], dtype=np.float64)
