"""Portfolio margin by scenarios: the worst rows as core, charges beside them, mapped to initial and maintenance."""

from __future__ import annotations

import numpy as np

from ....arrays import Floats
from ....rulebooks.portfolio import PortfolioRules
from ....rulebooks.rules import Rules
from ..demand import Demand, Part, Pool, Scenarios, mean_factor
from ..offsets import groups
from . import charges
from .aggregate import Book, Worst, book, words, worst


def demand(pool: Pool, rules: Rules, scanned: PortfolioRules) -> Demand:
    """What `scanned`, the section `portfolio`, demands of the pool."""
    books = [book(pool, scanned, u) for u in range(len(pool.account.underlyings))]
    found = worst(scanned, books)
    minimum = [charges.short_option_minimum(pool, one) for one in books]
    parts = [*_core(pool, scanned, books, found, minimum)]
    parts += _relieved(pool, rules, books, found)
    for one in books:
        parts += _beside(pool, one)
    doubted = charges.doubted_collateral(pool, books, scanned)
    parts.append(Part("portfolio.confidence_scale", "Collateral prices in doubt", "", doubted, 0.0 * doubted))
    kept = tuple(part for part in parts if part.initial.any() or part.maintenance.any())
    return Demand(kept, tuple(_matrix(pool, one, books) for one in found), _words(found, books, minimum), pool.states)


def _relieved(pool: Pool, rules: Rules, books: list[Book], found: list[Worst]) -> list[Part]:
    """What underlyings of one group relieve each other of."""
    profit, alone = ({of.name: getattr(of, key) for of in found} for key in ("profit", "loss"))
    less = groups.relief(rules.offsets, profit, alone, {one.name: one.basis for one in books})
    return [core_part(pool, one.rules, "offsets.groups", f"{one.name} offset in its group", one.name, -less[one.name],
                      is_core=True) for one in books if one.name in less]


def initial_factor(pool: Pool, rules: PortfolioRules) -> float:
    """The factor of initial margin, raised while a dollar coin lies below its threshold.

    A coin of which the account's market has no price counts as a dollar.
    """
    prices = [(row, pool.account.market.asset_price(row.asset)) for row in rules.pegs]
    raised = (max(row.threshold - price, 0.0) * row.factor for row, price in prices if price is not None)
    return rules.initial_factor + sum(raised)


def core_part(pool: Pool, rules: PortfolioRules, key: str, title: str, name: str, amount: Floats, *,
              is_core: bool = False) -> Part:
    """A part of the core: its maintenance is a share of `amount` (S,), its initial a factor of either."""
    maintenance = rules.maintenance_factor * amount
    base = maintenance if rules.initial_on == "maintenance" else amount
    return Part(key, title, name, initial_factor(pool, rules) * base, maintenance, is_core)


def beside_part(pool: Pool, rules: PortfolioRules, key: str, title: str, name: str, initial: Floats,
                maintenance: Floats) -> Part:
    """A charge beside the core: whole on both sides, or `maintenance` (S,) times the factor of initial margin."""
    if rules.initial_on == "maintenance":
        initial = initial_factor(pool, rules) * maintenance
    return Part(key, title, name, np.asarray(initial), np.asarray(maintenance))


def _core(pool: Pool, rules: PortfolioRules, books: list[Book], found: list[Worst],
          minimum: list[Floats]) -> list[Part]:
    """The worst rows, and what the least charge of short options lifts them by."""
    if rules.underlyings == "together" and books:
        lifted = np.maximum(np.sum(minimum, axis=0) - found[0].loss, 0.0)
        return [core_part(pool, rules, "portfolio.moves", "Worst scenario", "", found[0].loss, is_core=True),
                core_part(pool, rules, "portfolio.short_option_minimum", "Short option minimum", "", lifted)]
    parts = []
    for one, of, least in zip(books, found, minimum, strict=True):
        lifted = np.maximum(least - of.loss, 0.0)
        parts += [core_part(pool, one.rules, "portfolio.moves", f"{one.name} worst scenario", one.name, of.loss,
                            is_core=True),
                  core_part(pool, one.rules, "portfolio.short_option_minimum", f"{one.name} short option minimum",
                            one.name, lifted)]
    return parts


def _beside(pool: Pool, one: Book) -> list[Part]:
    """The charges of one underlying beside its core."""
    rules, name, none = one.rules, one.name, np.zeros(pool.states)
    hedged, notional, naked = charges.hedged(one), charges.notional(pool, one), charges.naked(pool, one)
    cancelling = charges.cancelling(pool, one)
    doubted = charges.doubted_prices(pool, one)
    rows = (
        ("hedged_rate", "hedged futures and perpetuals", hedged, hedged),
        ("perpetual_maintenance", "futures and perpetuals",
         rules.perpetual_initial * notional, rules.perpetual_maintenance * notional),
        ("naked_maintenance", "naked short options", rules.naked_initial * naked, rules.naked_maintenance * naked),
        ("cancelling_rate", "collateral in the scenarios", cancelling, cancelling),
    )
    parts = [beside_part(pool, rules, f"portfolio.{key}", f"{name} {title}", name, initial, maintenance)
             for key, title, initial, maintenance in rows]
    return [*parts, Part("portfolio.confidence_scale", f"{name} price feeds in doubt", name, doubted, none)]


def _matrix(pool: Pool, found: Worst, books: list[Book]) -> Scenarios:
    """The rows at the first state."""
    rows, at = found.rows.rows, int(found.row[0])
    factors = [_volatility_factor(pool, one) for one in books if found.name in {"", one.name}]
    beside = len({row.points for row in rows if row.state in {"up", "down"}}) > 1
    states = [row.key(beside=beside) for row in rows]
    losses = found.loss[0] > 0 and at < len(rows)
    return Scenarios(found.name, [row.words for row in rows], found.rows.move, states,
                     mean_factor(np.concatenate(factors, axis=1)), np.asarray(found.profit[0]), (at,) if losses else ())


def _volatility_factor(pool: Pool, one: Book) -> Floats:
    """What each row multiplies σ of the options held at the first state by, (K, o), of those that have a σ."""
    own = pool.account.instruments.volatility[one.mine.option]
    held = (one.mine.size[0] != 0) & (own > 0)
    return np.asarray(one.volatility[:, held] / own[held])


def _words(found: list[Worst], books: list[Book], minimum: list[Floats]) -> str:
    """What sets the maintenance margin at the first state."""
    said = []
    least = minimum if len(found) == len(books) else [np.sum(minimum, axis=0)]
    for of, floor in zip(found, least, strict=True):
        name = f"{of.name} " if of.name else ""
        if floor[0] > of.loss[0]:
            said.append(f"{name}short option minimum")
        elif of.loss[0] > 0:
            said.append(name + words(of))
    return "Worst scenario: " + "; ".join(said) + "." if said else "No scenario loses anything."
