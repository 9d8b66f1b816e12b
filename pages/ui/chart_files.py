"""The data of the charts of the Compare page as files: every point that is drawn, nothing rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pages.ui import csv_files
from pages.ui.levels import Span
from pages.ui.view import Walked
from risk_core.margin.compare import ModeResult
from risk_core.margin.models import MODES

CURVE = ("equity", "initial margin", "maintenance margin", "buffer")


def curves(along: Walked) -> bytes:
    """One row per price, with the figures of every mode, dollars, and whether anything of it is liquidated there."""
    head = [f"{along.scene.axis.name}, {'%' if along.scene.axis.unit is None else 'USD'}", "move from today, %"]
    for mode in along.walk.curves:
        head += [*(f"{MODES[mode].title} {name}, USD" for name in CURVE), f"{MODES[mode].title} liquidated"]
    return csv_files.write(head, _points(along))


def _points(along: Walked) -> Iterator[list[float | str]]:
    axis = along.scene.axis
    for at, factor in enumerate(float(one) for one in along.walk.factors):
        row: list[float | str] = [axis.at(factor), (factor - 1.0) * 100.0]
        for mode, curve in along.walk.curves.items():
            figures = (curve.equity, curve.initial, curve.maintenance, curve.buffer)
            row += [*(float(one[at]) for one in figures), _is_dead(along.stand[mode].dead, factor)]
        yield row


def _is_dead(spans: Iterable[Span], factor: float) -> str:
    return "yes" if any(low < factor < high for low, high in spans) else "no"


def waterfall(mode: ModeResult) -> bytes:
    """One row per step from each leg alone to the initial margin, dollars."""
    return csv_files.write(("mode", "step", "amount, USD", "total"),
                           ((mode.title, step.name, step.amount, "yes" if step.is_total else "no")
                            for step in mode.steps))
