"""The market snapshot of the sample accounts: what is said wherever its data are shown."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Snapshot:
    """Where the sample accounts' market data comes from: as_of, a short badge, a full label."""

    as_of: str
    badge: str
    label: str


@cache
def snapshot() -> Snapshot:
    """The market snapshot of the sample accounts."""
    told = tomllib.loads((files("db.samples") / "descriptions.toml").read_text("utf-8"))["snapshot"]
    as_of = told["as_of"].isoformat().replace("+00:00", "Z")
    return Snapshot(as_of, told["badge"], told["label"])
