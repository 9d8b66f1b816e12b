"""Initial rates that rise with the open interest of a market: what is hard to close for all is charged more.

Rates are whole parts per million, rounded down; amounts are rounded up to the venue's smallest unit. Maintenance does
not rise. Source: dydxprotocol/v4-chain, protocol/x/perpetuals/types/liquidity_tier.go (commit 84d4664b).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from ...portfolio.account_file import Account
from ...rulebooks.tiers import ANY, OpenInterest, OwnStep, Step, TierRules

PPM = 1_000_000


def initial_ppm(base: int, lower: float, upper: float, open_interest: float) -> int:
    """Base + (1 - base) × clip((open interest - lower) ÷ (upper - lower), 0, 1), parts per million; upper 0: base."""
    if upper == 0 or open_interest <= lower:
        return base
    if open_interest >= upper:
        return PPM
    share = (Fraction(open_interest) - Fraction(lower)) / (Fraction(upper) - Fraction(lower))
    return base + floor((PPM - base) * share)


def maintenance_ppm(initial: int, fraction: int) -> int:
    """The part of the initial fraction that is maintenance, parts per million, rounded down."""
    return initial * fraction // PPM


def initial_amount(notional: int, ppm: int) -> int:
    """Initial margin in the smallest unit of the currency, rounded up."""
    return ceil(Fraction(notional * ppm, PPM))


def raised(tiers: TierRules, account: Account) -> TierRules:
    """`tiers` with the initial rates of markets whose open interest the account states raised."""
    changed = [step for name in account.underlyings for step in _raised(tiers, account, name)]
    if not changed:
        return tiers
    names = {step.underlying for step in changed}
    kept = [step for step in tiers.own_steps if step.underlying not in names]
    return tiers.model_copy(update={"own_steps": (*kept, *changed)})


def _raised(tiers: TierRules, account: Account, name: str) -> list[OwnStep]:
    row, held = _row(tiers, name), account.market.underlyings[name].open_interest
    if row is None or held is None or held <= row.lower or row.upper == 0:
        return []
    return [_own(name, step, row, held) for step in tiers.table(name)]


def _row(tiers: TierRules, name: str) -> OpenInterest | None:
    rows = {row.underlying: row for row in tiers.open_interest}
    return rows.get(name, rows.get(ANY))


def _own(name: str, step: Step, row: OpenInterest, held: float) -> OwnStep:
    initial = initial_ppm(round(step.initial * PPM), row.lower, row.upper, held) / PPM
    stated = step.model_dump(exclude={"underlying", "initial_deduction"})
    return OwnStep.model_validate({**stated, "underlying": name, "initial": max(initial, step.initial)})
