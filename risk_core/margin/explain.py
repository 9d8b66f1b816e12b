"""Every number explains itself: what sets it in words, parts that add up, and what each leg adds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from .attribution import LegRows, leg_shares
from .charges import scan, tiered
from .holding import Holding, Margin
from .netting import HEDGED, Nets


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
    """One step of the waterfall, dollars: a total reached so far (`is_total`), or a change towards the next total."""

    name: str
    amount: float
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """What sets a mode's maintenance margin. steps: from the sum of the legs alone to initial margin."""

    worst: str
    components: tuple[Component, ...]
    shares: tuple[Share, ...]
    steps: tuple[Step, ...]


def explain(holding: Holding, now: Margin) -> Why:
    """Why the maintenance margin is what it is; `now` is the holding's margin at present prices."""
    return _why_scan(holding, now) if holding.mode.charge == "scan" else _why_tiered(holding, now)


def _why_tiered(holding: Holding, now: Margin) -> Why:
    account, nets = holding.account, holding.nets
    amounts = now.by_net[1][0]
    labels = account.instruments.labels
    alone = {int(n): f" ({account.book.ids[leg]})" for leg, n in enumerate(nets.leg_net) if nets.bucket[n]}
    components = tuple(Component(labels[inst] + alone.get(n, ""), float(amounts[n]))
                       for n, inst in enumerate(nets.instrument) if amounts[n])
    worst = _binding(holding, int(np.argmax(amounts))) if components else "Nothing is held that needs margin."
    shares = _shares_tiered(holding, amounts)
    alone_sum = math.fsum(share.standalone for share in shares)
    maintenance = math.fsum(amounts)
    steps = (
        Step("Each leg alone", alone_sum, is_total=True),
        Step("Netting within an instrument", maintenance - alone_sum),
        *_end_steps(maintenance, math.fsum(now.by_net[0][0])),
    )
    return Why(worst, components, shares, steps)


def _end_steps(maintenance: float, initial: float) -> tuple[Step, ...]:
    return (
        Step("Maintenance margin", maintenance, is_total=True),
        Step("On top for initial margin", initial - maintenance),
        Step("Initial margin", initial, is_total=True),
    )


def _binding(holding: Holding, n: int) -> str:
    """The largest requirement in words: its tier, or the option formula."""
    nets, ins = holding.nets, holding.account.instruments
    inst = int(nets.instrument[n])
    name = ins.labels[inst]
    if ins.is_option[inst]:
        rate = holding.rules.options.maintenance_rate
        of = "the index price" if ins.is_call[inst] else "the lower of index price and strike"
        return f"Largest part: short {name}, {rate * 100:.4g} % of {of} plus its mark."
    notional = float(tiered.notional_now(holding.account, nets, np.array([n]))[0])
    step = holding.rules.tiers.steps[tiered.tier_of(holding.rules.tiers, notional)]
    tier = f" in the tier from {step.start:,.0f}" if step.start else ""
    less = f" less {step.maintenance_deduction:,.0f}" if step.maintenance_deduction else ""
    return f"Largest part: {name}{tier}, {step.maintenance * 100:.4g} % of {notional:,.0f}{less}."


def _shares_tiered(holding: Holding, amounts: Floats) -> tuple[Share, ...]:
    account, nets, quantity = holding.account, holding.nets, holding.account.book.quantity

    def charged(each: Floats) -> Floats:
        """Maintenance of each leg's instrument if `each` (P,) were held of it."""
        one = np.ones((1, len(account.underlyings)))
        return np.asarray(tiered.requirement(account, _per_leg(nets, each), holding.rules, one)[1][0])

    rest = nets.quantity[nets.leg_net] - quantity
    rest[np.abs(rest) <= HEDGED * np.abs(quantity)] = 0.0
    marginal = amounts[nets.leg_net] - charged(rest)
    columns = charged(quantity), marginal, leg_shares(holding, amounts)
    return tuple(Share(name, *(float(column[p]) for column in columns)) for p, name in enumerate(account.book.ids))


def _per_leg(nets: Nets, quantity: Floats) -> Nets:
    """Every leg as a net of its own, with `quantity` (P,)."""
    n = nets.leg_net
    return Nets(nets.bucket[n], nets.instrument[n], quantity, nets.leverage[n], nets.profit_const[n],
                nets.profit_slope[n], np.arange(len(n)), nets.bucket_leg)


def _why_scan(holding: Holding, now: Margin) -> Why:
    account, rules = holding.account, holding.rules.portfolio
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
    return Why(worst, tuple(components), shares, _steps_scan(now, legs, shares))


def _steps_scan(now: Margin, legs: LegRows, shares: tuple[Share, ...]) -> tuple[Step, ...]:
    alone = math.fsum(share.standalone for share in shares)
    nets = math.fsum(legs.instruments_alone()) if shares else 0.0
    scanned = math.fsum(float(charge.scan[0]) for charge in now.charges)
    minimum = math.fsum(max(float(charge.minimum[0] - charge.scan[0]), 0.0) for charge in now.charges)
    hedged = math.fsum(float(charge.hedged[0]) for charge in now.charges)
    return (
        Step("Each leg alone", alone, is_total=True),
        Step("Netting within an instrument", nets - alone),
        Step("Offsets between instruments", scanned - nets),
        Step("Short option minimum", minimum),
        Step("Hedged futures add-on", hedged),
        *_end_steps(float(now.maintenance[0, 0]), float(now.initial[0, 0])),
    )


def _shares_scan(holding: Holding, now: Margin, legs: LegRows) -> tuple[Share, ...]:
    whole = np.array([float(charge.total[0]) for charge in now.charges])[legs.underlying]
    columns = legs.alone(), whole - legs.without(), legs.euler(now.charges)
    ids = holding.account.book.ids
    return tuple(Share(name, *(float(column[p]) for column in columns)) for p, name in enumerate(ids))
