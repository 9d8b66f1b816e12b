"""Greeks of the legs at the prices shown, with totals for each underlying."""

from __future__ import annotations

import math
from datetime import datetime
from html import escape

from pages.ui import markup, table_rows, words
from risk_core.portfolio.account_file import Account
from risk_core.valuation.sensitivities import sensitivities

COLUMNS = (
    ("delta", "Delta, coins", "Coins that gain and lose as much as the leg for a small move of the price."),
    ("delta_dollars", "Delta, USD per 1 %", "Dollars gained when the price of the coin rises by 1 %."),
    ("gamma", "Gamma, coins per 1 %", "Change of delta, in coins, when the price rises by 1 %."),
    ("vega", "Vega, USD per vol point",
     "Dollars gained when implied volatility rises by one point, added up within one expiry."),
    ("normalised_vega", "30-day vega, USD per vol point",
     "Vega × √(30 ÷ days to expiry): as if every option had 30 days, so that expiries can be added up."),
    ("theta", "Theta, USD per day", "Dollars gained as one day passes and nothing else moves."),
)


def table(account: Account) -> str:
    """One row for each enabled leg and one for each underlying with several; empty without a leg."""
    book, instruments = account.book, account.instruments
    if not book.ids:
        return ""
    found = sensitivities(account)
    values = [[float(getattr(found, name)[leg]) for name, _, _ in COLUMNS] for leg in range(len(book.ids))]
    rows = table_rows.body((_row(name, instruments.labels[at], own)
                            for name, at, own in zip(book.ids, book.instrument, values, strict=True)),
                           len(book.ids), 1 + len(COLUMNS), "the sums below count them")
    owners = [account.underlyings[u] for u in instruments.underlying[book.instrument]]
    terms = [instruments.keys[at].expiry if instruments.is_option[at] else None for at in book.instrument]
    feet = "".join(_total(name, [(one, term) for one, term, owner in zip(values, terms, owners, strict=True)
                                 if owner == name]) for name in dict.fromkeys(owners))
    heads = "".join(f'<th scope="col">{markup.helped(label, meaning)}</th>' for _, label, meaning in COLUMNS)
    body = (f'<thead><tr><th scope="col">Greeks</th>{heads}</tr></thead>'
            f"<tbody>{rows}</tbody><tfoot>{feet}</tfoot>")
    return markup.table("Greeks of each leg", body, "legs greeks")


def _total(name: str, own: list[tuple[list[float], datetime | None]]) -> str:
    """The sums over the legs of an underlying; vega only where their options share one expiry."""
    one_term = len({term for _, term in own if term is not None}) < 2
    return _row(f"All {name}", "", [math.fsum(column) for column in zip(*(values for values, _ in own), strict=True)],
                "" if one_term else '<span class="muted">not added: several expiries</span>')


def _row(name: str, label: str, values: list[float], no_vega: str = "") -> str:
    """A row of the table. no_vega: what stands in the place of the vega."""
    coins, dollars, gamma, vega, normal, theta = values
    cells = [_coins(coins), words.money(dollars), _coins(gamma), no_vega or words.money(vega), words.money(normal),
             words.money(theta)]
    sub = f'<span class="sub">{escape(label)}</span>' if label else ""
    return f'<tr><th scope="row">{escape(name)}{sub}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _coins(count: float) -> str:
    """Coins with four significant figures or decimals."""
    if abs(count) < 1e-9:
        return "0"
    places = max(0, min(8, 3 - math.floor(math.log10(abs(count)))))
    return f"{count:,.{places}f}".replace("-", words.MINUS)
