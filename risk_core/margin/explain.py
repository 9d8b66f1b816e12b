"""Every number explains itself: what sets it in words, parts that add up, and what each leg adds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Floats
from . import binding, tiered_shares
from .attribution import LegRows
from .charges import open_orders, scan, tiered
from .holding import Holding, Margin
from .methods.demand import Demand
from .methods.shares import Books, leg_shares, offsets


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the maintenance margin: its name in words and dollars; the parts add up to the head figure."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Share:
    """What one leg adds to maintenance margin, dollars.

    standalone: the leg by itself. marginal: the account's margin less what it would be without the leg. euler: its part
    of the account's margin; the parts of all legs add up to it.
    """

    id: str
    standalone: float
    marginal: float
    euler: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the waterfall, dollars: a total reached so far, or a change towards the next total.

    kind: `alone`, the sum of the legs by themselves; `offset`, what they save together; `add-on`; `on top`, what
    initial margin asks beyond maintenance; `total`.
    """

    name: str
    amount: float
    kind: Literal["alone", "offset", "add-on", "on top", "total"] = "offset"

    @property
    def is_total(self) -> bool:
        return self.kind in {"alone", "total"}


@dataclass(frozen=True, slots=True)
class Why:
    """What sets a mode's maintenance margin. steps: from the sum of the legs alone to initial margin.

    unshared: part of the margin that does not grow in proportion with the book, which the legs' Euler parts leave out.
    """

    worst: str
    components: tuple[Component, ...]
    shares: tuple[Share, ...]
    steps: tuple[Step, ...]
    unshared: float = 0.0


def explain(holding: Holding, now: Margin) -> Why:
    """Why the maintenance margin is what it is; `now` is the holding's margin at present prices."""
    if now.demand is not None:
        return _why_method(holding, now, now.demand)
    return _why_scan(holding, now) if holding.charge == "scan" else _why_tiered(holding, now)


def _why_tiered(holding: Holding, now: Margin) -> Why:
    account, nets, asked = holding.account, holding.nets, now.by_net
    if asked is None:
        raise RuntimeError("a tiered mode charges every net")
    amounts, fee = asked.maintenance[0], asked.closing_fee[0]
    labels = account.instruments.labels
    alone = {int(n): f" ({account.book.ids[leg]})" for leg, n in enumerate(nets.leg_net)
             if nets.bucket[n] in nets.alone}
    components = [Component(labels[inst] + alone.get(n, ""), float(amounts[n] - fee[n]))
                  for n, inst in enumerate(nets.instrument) if amounts[n] - fee[n]]
    if fee.any():
        components.append(Component("Closing fee kept back", math.fsum(fee)))
    worst = binding.words(holding, int(np.argmax(amounts))) if components else "Nothing is held that needs margin."
    shares = _shares_tiered(holding, amounts)
    alone_sum = math.fsum(share.standalone for share in shares)
    maintenance = math.fsum(amounts)
    steps = (
        Step("Each leg alone", alone_sum, "alone"),
        *_netting(holding, alone_sum, maintenance),
        *_end_steps(maintenance, math.fsum(now.initial[0]), orders(holding)),
    )
    return Why(worst, tuple(components), shares, steps)


def _netting(holding: Holding, alone: float, maintenance: float) -> tuple[Step, ...]:
    """From the sum of the legs alone to the maintenance margin."""
    rules, name = holding.rules, "Netting within an instrument"
    if rules.futures.opposite == "both sides":
        return (Step(name, maintenance - alone),)
    both = rules.model_copy(update={"futures": rules.futures.model_copy(update={"opposite": "both sides"})})
    one = np.ones((1, len(holding.account.underlyings)))
    bare = math.fsum(tiered.requirement(holding.account, holding.nets, both, one).maintenance[0])
    return Step(name, bare - alone), Step("Smaller side of opposite positions", maintenance - bare)


def _why_method(holding: Holding, now: Margin, asked: Demand) -> Why:
    books = Books(holding.account, holding.rules)
    maintenance, ids = float(now.maintenance[0, 0]), holding.account.book.ids
    components = tuple(Component(part.title, float(part.maintenance[0])) for part in asked.parts if part.maintenance[0])
    worst = " ".join((asked.worst, *asked.notes, *asked.left_out))
    if not ids:
        return Why(worst, components, (), _end_steps(maintenance, float(now.initial[0, 0]), orders(holding)))
    shares = leg_shares(books, maintenance)
    columns = shares.alone, shares.marginal, shares.euler
    per_leg = tuple(Share(name, *(float(column[p]) for column in columns)) for p, name in enumerate(ids))
    (first, alone), *rest = offsets(books)
    steps_on = [Step(part.title, float(part.maintenance[0]), "add-on") for part in asked.parts if not part.is_core]
    add_ons = [one for one in steps_on if one.amount]
    first += ", before add-ons" if add_ons else ""
    steps = (Step(first, alone, "alone"), *(Step(*one) for one in rest), *add_ons,
             *_end_steps(maintenance, float(now.initial[0, 0]), orders(holding)))
    return Why(worst, components, per_leg, steps, shares.rest)


def orders(holding: Holding) -> float | None:
    """Part of initial margin that open orders ask, dollars; None where the account has none."""
    account = holding.account
    if not account.orders.ids:
        return None
    one = np.ones((1, len(account.underlyings)))
    return math.fsum(open_orders.added(account, holding.nets, holding.rules, one, holding.charge)[0])


def _end_steps(maintenance: float, initial: float, ordered: float | None) -> tuple[Step, ...]:
    return (
        Step("Maintenance margin", maintenance, "total"),
        Step("On top for initial margin", initial - maintenance - (ordered or 0.0), "on top"),
        *(() if ordered is None else (Step("Open orders", ordered, "on top"),)),
        Step("Initial margin", initial, "total"),
    )


def _shares_tiered(holding: Holding, amounts: Floats) -> tuple[Share, ...]:
    columns = tiered_shares.columns(holding, amounts)
    ids = holding.account.book.ids
    return tuple(Share(name, *(float(column[p]) for column in columns)) for p, name in enumerate(ids))


def _why_scan(holding: Holding, now: Margin) -> Why:
    account, rules = holding.account, holding.rules.scanned
    components, words = [], []
    for u, charge in enumerate(now.charges):
        name, scanned, minimum = account.underlyings[u], float(charge.scan[0]), float(charge.minimum[0])
        row = scan.rows(rules).words(int(charge.worst[0]))
        if scanned >= minimum and scanned > 0:
            components.append(Component(f"{name} worst scenario: {row}", scanned))
            words.append(f"{name} {row}")
        elif minimum > 0:
            components.append(Component(f"{name} short option minimum", minimum))
            words.append(f"{name} short option minimum")
        if charge.hedged[0] > 0:
            components.append(Component(f"{name} hedged futures and perpetuals", float(charge.hedged[0])))
    worst = "Worst scenario: " + "; ".join(words) + "." if words else "No scenario loses anything."
    legs = LegRows(holding)
    shares = _shares_scan(holding, now, legs) if account.book.ids else ()
    return Why(worst, tuple(components), shares, _steps_scan(now, legs, shares, orders(holding)))


def _steps_scan(now: Margin, legs: LegRows, shares: tuple[Share, ...], ordered: float | None) -> tuple[Step, ...]:
    alone = math.fsum(share.standalone for share in shares)
    nets = math.fsum(legs.instruments_alone()) if shares else 0.0
    scanned = math.fsum(float(charge.scan[0]) for charge in now.charges)
    minimum = math.fsum(max(float(charge.minimum[0] - charge.scan[0]), 0.0) for charge in now.charges)
    hedged = math.fsum(float(charge.hedged[0]) for charge in now.charges)
    return (
        Step("Each leg alone", alone, "alone"),
        Step("Netting within an instrument", nets - alone),
        Step("Offsets between instruments", scanned - nets),
        Step("Short option minimum", minimum, "add-on"),
        Step("Hedged futures add-on", hedged, "add-on"),
        *_end_steps(float(now.maintenance[0, 0]), float(now.initial[0, 0]), ordered),
    )


def _shares_scan(holding: Holding, now: Margin, legs: LegRows) -> tuple[Share, ...]:
    whole = np.array([float(charge.total[0]) for charge in now.charges])[legs.underlying]
    columns = legs.alone(), whole - legs.without(), legs.euler(now.charges)
    ids = holding.account.book.ids
    return tuple(Share(name, *(float(column[p]) for column in columns)) for p, name in enumerate(ids))
