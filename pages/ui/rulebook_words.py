"""Parameters of a rulebook in words: what each is called, in which unit it is shown, and its value as text or table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from pages.ui import glossary, method_words, tables, words
from pages.ui.rulebook_names import NAMES
from risk_core.errors import ABSENT
from risk_core.rulebooks import kinds
from risk_core.rulebooks.rules import Parameter

SECTIONS: Mapping[str, str] = {
    "collateral": "Collateral",
    "tiers": "Futures and perpetuals in isolated and cross",
    "fees": "Closing fee",
    "futures": "Conventions of futures and perpetuals",
    "options": "Options in isolated and cross",
    "orders": "Open orders",
    "portfolio": "Portfolio margin",
    **method_words.SECTIONS,
    "liquidation": "How a liquidation runs",
    "display": "Ratio the venue shows",
}
TERMS: Mapping[str, str] = {
    "collateral": "Haircut", "tiers": "Tier", "fees": "Closing fee kept back", "futures": "Future", "options": "Option",
    "orders": "Open order", "portfolio": "Scenario scan", "liquidation": "Partial liquidation",
    "display": "Displayed ratio", "ratio": "Displayed ratio", "addons": "Add-on", "delta_floor": "Delta floor",
    "history": "Historical simulation", "greeks": "Greeks-based margin", "strategies": "Reg-T", "sensitivities": "SIMM",
    "offsets": "Offset",
}
"""The word of the glossary that the parameters of a section belong to, where their own name is none."""
COLUMNS: Mapping[str, str] = {
    "from": "From, USD",
    "initial_deduction": "Initial deduction, USD",
    "maintenance_deduction": "Maintenance deduction, USD",
    "initial_dollars": "Initial, USD",
    "maintenance_dollars": "Maintenance, USD",
    "lower": "From open interest, USD",
    "upper": "100 % from open interest, USD",
}
_IN_PERCENT = {"initial", "maintenance", "move", "weight", "net", "hedged", "yearly", "least_move", "perpetual",
               "share", "option", "option_delta", "fee", "fee_share", "futures", "option_share", "gains", "apart",
               "credit"}


def term(key: str) -> glossary.Term:
    """The word of the glossary for a parameter: its own name, else that of its section. Raises KeyError."""
    found = glossary.term(name(key)) or glossary.term(TERMS[key.partition(".")[0]])
    if found is None:
        raise KeyError(key)
    return found


def name(key: str) -> str:
    """What a parameter is called."""
    return NAMES.get(key) or _plain(key.rpartition(".")[2])


def section(key: str) -> str:
    """What the part of the rulebook a parameter belongs to is called."""
    first = key.partition(".")[0]
    return SECTIONS.get(first) or _plain(first)


def heading(column: str) -> str:
    """What a column of a table is called."""
    return COLUMNS.get(column) or _plain(column)


def _plain(word: str) -> str:
    return word[:1].upper() + word[1:].replace("_", " ")


def shift(unit: str) -> int:
    """2 where a number of this unit is shown as percent."""
    is_share = unit.startswith(("share", "relative change")) and "gross size" not in unit
    return 2 if is_share else 0


def column_shift(column: str) -> int:
    """2 where the numbers of a column are shown as percent."""
    return 2 if column in _IN_PERCENT else 0


def number(value: float, places: int) -> str:
    """Every digit of a number, as percent where `places` is 2; never scientific."""
    text = f"{Decimal(str(tables.shifted(value, places))).normalize():,f}".replace("-", words.MINUS)
    return f"{text}{words.SPACE}%" if places else text


def text(value: Any, unit: str) -> str:
    """A value in one line."""
    if value is ABSENT:
        return words.MISSING
    if isinstance(value, Mapping):
        return ", ".join(f"{one} {number(share, shift(unit))}" for one, share in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_item(one, unit) for one in value) or "none"
    return value if isinstance(value, str) else number(value, shift(unit)) + _unit(value, unit)


def _item(item: Any, unit: str) -> str:
    if not isinstance(item, Mapping):
        return number(item, shift(unit))
    return ", ".join(f"{heading(column).lower()} {_cell(column, one)}" for column, one in item.items())


def _unit(value: float, unit: str) -> str:
    return f"{words.SPACE}{'day' if value == 1 else 'days'}" if unit.startswith("days") else ""


def _cell(column: str, value: Any) -> str:
    return value if isinstance(value, str) else number(value, column_shift(column))


def shown(key: str, value: Any, unit: str) -> str:
    """A value as HTML: tiers, haircuts and scenarios as small tables."""
    if isinstance(value, Mapping):
        return _table(("Asset", "Haircut"), [(one, number(share, shift(unit))) for one, share in value.items()])
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        columns = list(kinds.kinds()[key].columns) if key in kinds.kinds() else list(value[0])
        rows = [[_cell(column, row.get(column, words.MISSING)) for column in columns] for row in value]
        return _table([heading(column) for column in columns], rows)
    return f'<span class="rb-value">{escape(text(value, unit))}</span>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    about = f'<caption class="sr">By {escape(heads[0].lower())}</caption>'
    return f'<table class="rb-mini">{about}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def matches(key: str, one: Parameter, wanted: str) -> bool:
    """True when every word of the search is somewhere in what the page shows of the parameter."""
    told = " ".join((key, name(key), section(key), one.meaning, one.unit, one.source, str(one.date))).casefold()
    return all(word in told for word in wanted.casefold().split())
