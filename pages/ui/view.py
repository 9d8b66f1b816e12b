"""The account now and after the what-if, in every mode shown: what every page reads, by `present`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pages.ui import baseline, cached, controls, own_rules, state
from pages.ui.axis import Axis
from pages.ui.levels import Standing, standings
from pages.ui.sentences import Scene
from risk_core.digest import digest
from risk_core.errors import Problem, Refused
from risk_core.margin.compare import Comparison
from risk_core.margin.curves import Walk
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import Account
from risk_core.portfolio.deviation import daily_volatility


@dataclass(frozen=True)
class View:
    """One account at one setting of the controls. question: with the what-if; earlier: what it is compared with, the
    account without what-if or the pinned figures. Nothing is worked out before it is asked for.
    """

    draft: state.Draft
    account: Account
    controls: state.Controls
    question: cached.Asked
    earlier: cached.Asked
    pin: baseline.Pin | None = None

    @cached_property
    def before(self) -> Comparison:
        """The figures before. Raises Refused, Unsettled."""
        return cached.compared(self.earlier)

    @cached_property
    def after(self) -> Comparison:
        """The figures after. Raises Refused, Unsettled."""
        return cached.compared(self.question)

    @cached_property
    def modes(self) -> tuple[str, ...]:
        """The modes shown, which before and after both have. Raises Refused where there are none, with the reasons."""
        missing = cached.unavailable(self.question) | cached.unavailable(self.earlier)
        found = tuple(name for name in modes_shown(self.account) if name not in missing)
        if not found:
            reasons = "; ".join(dict.fromkeys(missing.values()))
            rule = f"defines no margin mode for this account: {reasons}"
            raise Refused([Problem("rules", self.question.rules.name, rule)])
        return found

    @property
    def has_before(self) -> bool:
        """True when the before is another question, to be shown beside the figures."""
        return self.moved if self.pin is None else self.earlier.text != self.question.text

    @property
    def digest(self) -> str:
        """Content hash of the account after the what-if, 64 hexadecimal digits."""
        account = cached.moved(self.question) if self.moved else self.account
        under = {"rules": own_rules.rules(self.controls.rules)} if self.controls.rules else {}
        return digest({**account.document, **under}).rpartition(":")[2]

    @property
    def moved(self) -> bool:
        """True when anything on screen is hypothetical."""
        return not self.controls.is_now

    @property
    def names(self) -> tuple[str, ...]:
        """Underlyings that matter to this account."""
        return controls.held_underlyings(self.account)


@dataclass(frozen=True)
class Walked:
    """The view along one walk: its curves, where each mode stands, and how to speak of it."""

    walk: Walk
    stand: dict[str, Standing]
    scene: Scene
    source: str


def modes_shown(account: Account) -> tuple[str, ...]:
    """Every mode; `as_held` only where it is neither isolated nor cross throughout."""
    isolated = account.book.isolated
    mixed = bool(isolated.any() and not isolated.all())
    return tuple(name for name in MODES if mixed or name != "as_held")


def present() -> View:
    """The session's draft at the present controls: for any page, also inside a part that follows the controls.

    `cached.moved(view.present().question)` is the moved account itself. Raises StoreError, Refused, Unsettled.
    """
    held = state.draft()
    return view(held, controls.present(state.account(held)))


def view(held: state.Draft, chosen: state.Controls) -> View:
    """The draft at the chosen controls. Raises Refused, Unsettled."""
    account, pin = state.account(held), baseline.pin()
    earlier = pin.question if pin else cached.asked(account, state.Controls().what_if)
    return View(held, account, chosen, asked(account, chosen), earlier, pin)


def asked(account: Account, chosen: state.Controls) -> cached.Asked:
    """The account at the controls, under their rulebook or its own. Raises Refused."""
    if chosen.rules:
        return own_rules.asked(account, chosen.rules, chosen.what_if)
    return cached.asked(account, chosen.what_if)


def walked(seen: View, along: str) -> Walked:
    """The view along the price of `along`, or of all underlyings together. Raises Refused, Unsettled."""
    what_if = seen.controls.what_if
    together = along == state.TOGETHER
    here = what_if.price if together else what_if.factor(along)
    names = seen.account.underlyings if together else (along,)
    found = cached.walked(seen.question, names, seen.modes, here)
    underlying = None if together else seen.account.market.underlyings[along]
    daily, source = (None, "") if underlying is None else daily_volatility(underlying)
    axis = Axis("all prices" if underlying is None else along, None if underlying is None else underlying.price, here)
    labels = {name: seen.account.instruments.labels[at]
              for name, at in zip(seen.account.book.ids, seen.account.book.instrument, strict=True)}
    return Walked(found, standings(found, here), _scene(seen, axis, daily, labels), source)


def _scene(seen: View, axis: Axis, daily: float | None, labels: Mapping[str, str]) -> Scene:
    return Scene(axis, daily, labels, len(seen.names), lambda: _missing(seen), seen.moved)


def _missing(seen: View) -> float:
    """Dollars by which pledges exceed the collateral when every leg is isolated, else 0."""
    isolated = seen.after.modes.get("isolated")
    pools = () if isolated is None or isolated.pool is None else \
        [wallet.figures for wallet in isolated.wallets] or [isolated.pool]
    return sum(max(-pool.equity, 0.0) for pool in pools)
