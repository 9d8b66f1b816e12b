"""Pledges written down: what each leg would have pledged now, so that a what-if does not pledge it anew."""

from __future__ import annotations

from ..portfolio.account_file import Account, read_document
from ..rulebooks.rules import Rulebook
from .holding import hold
from .models import MODES, unavailable


def pinned(account: Account, rulebook: Rulebook) -> Account:
    """The account with `isolated_margin` given on every enabled leg whose pledge hangs on present prices.

    A pledge is fixed on every walk; a leg without pledge and leverage takes the initial margin asked *now*, which a
    moved account would ask again at the moved price. Figures of the pinned account are those of `account`.
    """
    if unavailable(MODES["isolated"], account, rulebook.rules):
        return account
    holding = hold(account, rulebook.rules, MODES["isolated"])
    nets, book = holding.nets, account.book
    open_ended = {name for name, pledged, leverage in zip(book.ids, book.pledged, book.leverage, strict=True)
                  if pledged != pledged and leverage != leverage}  # noqa: PLR0124 - NaN where not given
    pledge = {book.ids[nets.bucket_leg[bucket]]: float(holding.pledge[bucket])
              for bucket in nets.alone}
    rows = [{**row, "isolated_margin": pledge[row["id"]]} if row["id"] in open_ended else row
            for row in account.document["positions"]]
    return read_document({**account.document, "positions": rows}) if open_ended else account
