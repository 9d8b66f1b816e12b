"""The wallets of the account, mode by mode, where a rulebook keeps a pool for each settlement coin."""

from __future__ import annotations

from html import escape

from pages.ui import markup, words
from pages.ui.formula_link import Spot, opens
from pages.ui.view import View
from risk_core.liquidation.distance import distance
from risk_core.margin.wallets import WalletFigures

HEADS = {
    "Wallet": "A pool of its own: the balances of one coin back only what settles in it. Dollars of any kind are one "
              "wallet.",
    "Equity": "USD. Collateral of the coin after haircuts plus unrealised profit and loss of what settles in it, less "
              "what isolated legs have pledged.",
    "Maintenance margin": "USD, rounded up. Needed to keep the positions of the wallet.",
    "Maintenance used": "Maintenance margin ÷ equity of the wallet; 100 % is liquidation.",
    "Buffer": "USD, rounded down. Equity − maintenance margin of the wallet. Below 0 it is liquidated, whatever the "
              "other wallets hold.",
    "Nearest liquidation": "USD, index price, all other prices held still.",
}


def table(seen: View) -> str:
    """The whole table; empty where every mode is one pool."""
    rows = "".join(_row(seen, name, wallet) for name in seen.modes for wallet in seen.after.modes[name].wallets)
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{markup.helped(head, meaning)}</th>' for head, meaning in HEADS.items())
    body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return markup.html(markup.table("Wallets of each margin mode", body, "compare wallets"))


def _row(seen: View, mode: str, wallet: WalletFigures) -> str:
    own, legs = wallet.figures, len(wallet.positions)
    count = f"{legs} {'leg' if legs == 1 else 'legs'}" if legs else "no leg in it"
    head = (f'<th scope="row">{markup.mode(mode)} <span class="who">{escape(wallet.name)}</span>'
            f'<span class="sub">{count}</span></th>')
    figures = {"equity": words.money(own.equity), "maintenance_margin": words.money(own.maintenance_margin, "up"),
               "maintenance_used": markup.chip(own.strain), "buffer": words.money(own.buffer, "down")}
    cells = [opens(f'<span class="new">{shown}</span>', Spot(mode, figure, who=wallet.who))
             for figure, shown in figures.items()]
    values = "".join(f"<td>{cell}</td>" for cell in (*cells, _levels(seen, mode, wallet)))
    return f"<tr>{head}{values}</tr>"


def _levels(seen: View, mode: str, wallet: WalletFigures) -> str:
    """The nearest level along each price that moves the wallet."""
    told = []
    for name, level in wallet.liquidation.items():
        gap = None if level.nearest is None else distance(seen.after.account.market.underlyings[name], level.nearest)
        said = "now" if level.now else words.NONE if gap is None or level.nearest is None else \
            f"{words.price(level.nearest)} ({words.move(gap.relative)})"
        spot = Spot(mode, "liquidation_price", underlying=name, who=wallet.who)
        told.append(f'<span class="muted">{escape(name)}</span> {opens(escape(said), spot)}')
    return "<br>".join(told) or '<span class="muted">no price moves it</span>'
