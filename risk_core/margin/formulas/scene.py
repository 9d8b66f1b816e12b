"""What formulas are written about: one account in one mode at given prices, and where its numbers come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...arrays import Floats
from ...portfolio.account_file import Account
from ...rulebooks.rules import Rulebook, Rules
from ..holding import Holding, Margin, hold, margin
from ..models import MODES
from .nodes import Origin, Term


@dataclass(frozen=True, eq=False)
class Scene:
    """A holding with its underlyings' prices multiplied by `factors` (U,). at: said of prices, empty for now."""

    holding: Holding
    rulebook: Rulebook
    factors: Floats
    at: str = ""

    @property
    def account(self) -> Account:
        return self.holding.account

    @property
    def rules(self) -> Rules:
        return self.holding.rules

    @cached_property
    def margin(self) -> Margin:
        """The engine's own margin at these prices."""
        return margin(self.holding, self.factors[None])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {row["id"]: i for i, row in enumerate(self.account.document["positions"])}

    @property
    def now(self) -> Scene:
        """The same at present prices."""
        return Scene(self.holding, self.rulebook, np.ones_like(self.factors)) if self.at else self

    def moved(self, underlying: int, price: float) -> Scene:
        """The same with the index price of one underlying at `price` dollars."""
        factors = self.factors.copy()
        factors[underlying] = price / float(self.account.index[underlying])
        return Scene(self.holding, self.rulebook, factors, " at P")

    def factor(self, instrument: int) -> float:
        """What the price of the instrument's underlying is multiplied by."""
        return float(self.factors[self.account.instruments.underlying[instrument]])

    def name_of(self, instrument: int) -> str:
        """Name of the instrument's underlying."""
        return str(self.account.underlyings[self.account.instruments.underlying[instrument]])

    def parameter(self, key: str) -> Origin:
        """A parameter of the rulebook, with source and date."""
        one = self.rulebook.parameters[key]
        return Origin("rulebook", key, one.source, one.date.isoformat())

    def rate(self, symbol: str, value: float, key: str, unit: str = "share", whose: str = "") -> Term:
        """A parameter of the rulebook as a number."""
        return Term(symbol, value, unit, self.parameter(key), whose)

    def field(self, leg: int, name: str) -> Origin:
        """A field of a leg in the account file."""
        return Origin("account", f"positions[{self._rows[self.account.book.ids[leg]]}].{name}")

    def quantity(self, leg: int) -> Term:
        """Signed size of a leg: units of the underlying, dollars of face where inverse."""
        instrument = int(self.account.book.instrument[leg])
        face = self.account.instruments.inverse[instrument] and not self.account.instruments.is_option[instrument]
        unit = "USD of face" if face else self.name_of(instrument)
        return Term("q", float(self.account.book.quantity[leg]), unit, self.field(leg, "quantity"),
                    self.account.book.ids[leg])

    def net_quantity(self, n: int) -> Term:
        """Signed size of a net; of one leg its quantity."""
        legs = self.legs(n)
        one = self.quantity(legs[0])
        if len(legs) == 1:
            return one
        names = ", ".join(self.account.book.ids[leg] for leg in legs)
        return Term("q", float(self.holding.nets.quantity[n]), one.unit, Origin("worked out", f"net of {names}"),
                    self.label(n))

    def size(self, n: int) -> Term:
        """Size of a net without its sign."""
        own = self.net_quantity(n)
        return Term("|q|", abs(own.value), own.unit, own.origin, own.whose)

    def entry(self, n: int) -> Term:
        """Entry price of a net of futures or perpetuals; the mark where nothing is left of its side."""
        legs, value = self.legs(n), float(self.holding.nets.entry[n])
        if np.isnan(value):
            return self.mark(int(self.holding.nets.instrument[n]), now=True)
        origin = (self.field(legs[0], "entry_price") if len(legs) == 1 else
                  Origin("worked out", "average entry of the legs on the net's side"))
        return Term("entry", value, "USD", origin, self.label(n))

    def legs(self, n: int) -> list[int]:
        """The legs of a net."""
        return [int(leg) for leg in np.flatnonzero(self.holding.nets.leg_net == n)]

    def label(self, n: int) -> str:
        """What a net is called: its leg where it has one only."""
        legs = self.legs(n)
        return self.account.book.ids[legs[0]] if len(legs) == 1 else \
            self.account.instruments.labels[self.holding.nets.instrument[n]]

    def index(self, underlying: int, symbol: str = "S") -> Term:
        """Index price."""
        name, factor = self.account.underlyings[underlying], float(self.factors[underlying])
        where = f"market.underlyings.{name}.price"
        return self._price(symbol, float(self.account.index[underlying]), factor, where, name)

    def mark(self, instrument: int, *, now: bool = False) -> Term:
        """Mark of a future or perpetual, dollars; now: before any move."""
        value, factor = float(self.account.instruments.mark[instrument]), 1.0 if now else self.factor(instrument)
        return self._price("mark", value, factor, self._quoted(instrument), self.account.instruments.labels[instrument])

    def _price(self, symbol: str, value: float, factor: float, where: str, whose: str) -> Term:
        if factor == 1.0:
            return Term(symbol, value, "USD", Origin("account", where), whose)
        return Term(symbol + self.at, value * factor, "USD", Origin("worked out", f"{where}, moved to P"), whose)

    def _quoted(self, instrument: int) -> str:
        """Where the account file says the mark."""
        for leg in np.flatnonzero(self.account.book.instrument == instrument):
            at = self._rows[self.account.book.ids[leg]]
            if "mark_price" in self.account.document["positions"][at]:
                return f"positions[{at}].mark_price"
        key = self.account.instruments.keys[instrument]
        market = f"market.underlyings.{key.underlying}"
        expiries = self.account.market.underlyings[key.underlying].forwards
        return f"{market}.forwards" if key.kind != "perpetual" and key.expiry in expiries else f"{market}.price"


def present(account: Account, rulebook: Rulebook, mode: str) -> Scene:
    """The account in `mode` at present prices. Raises Refused where the rulebook does not define the mode."""
    return Scene(hold(account, rulebook.rules, MODES[mode]), rulebook, np.ones(len(account.underlyings)))
