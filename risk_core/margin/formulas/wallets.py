"""Formulas of the figures of one wallet, where a rulebook keeps a pool for each settlement coin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..figures import Figures
from .equity import bucket_equity
from .formula import Formula
from .margins import required
from .nodes import ZERO, Node, inner, minus, over
from .subject import Subject

SAFE = "Below 0 is liquidated, exactly 0 is safe."


def share_used(asked: Subject, bucket: int, own: Figures, title: str, limits: list[str]) -> Formula:
    """Maintenance margin of a bucket ÷ its equity; own: its figures."""
    of: Node = ZERO
    if own.maintenance_margin:
        of = over(required(asked.scene, "maintenance", bucket), bucket_equity(asked.scene, bucket))
    if own.strain is None:
        limits.append("No equity is left, so there is no ratio to show.")
    return Formula(title, "maintenance used", "share", of, own.strain, tuple(limits))


def _own(asked: Subject, bucket: int) -> Figures:
    return next(one.figures for one in asked.mode.wallets if asked.bucket(one.who) == bucket)


def _own_equity(asked: Subject, bucket: int, title: str) -> Formula:
    return Formula(title, "equity", "USD", inner(bucket_equity(asked.scene, bucket)), _own(asked, bucket).equity)


def _own_required(side: str) -> Callable[[Subject, int, str], Formula]:
    def one(asked: Subject, bucket: int, title: str) -> Formula:
        of = inner(required(asked.scene, side, bucket))
        return Formula(title, f"{side} margin", "USD", of, getattr(_own(asked, bucket), f"{side}_margin"))
    return one


def _own_buffer(asked: Subject, bucket: int, title: str) -> Formula:
    of = minus(bucket_equity(asked.scene, bucket), required(asked.scene, "maintenance", bucket))
    return Formula(title, "buffer", "USD", of, _own(asked, bucket).buffer, (SAFE,))


def _own_used(asked: Subject, bucket: int, title: str) -> Formula:
    return share_used(asked, bucket, _own(asked, bucket), title, ["Liquidation at 100 %."])


WALLET_HEAD: Mapping[str, Callable[[Subject, int, str], Formula]] = MappingProxyType({
    "equity": _own_equity, "initial_margin": _own_required("initial"),
    "maintenance_margin": _own_required("maintenance"), "buffer": _own_buffer, "maintenance_used": _own_used,
})
"""Figures of one wallet."""
