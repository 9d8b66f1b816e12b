"""The table of every leg with a column for each mode says what the triggers of the pools say."""

import csv
import io
import re

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from pages.ui import cached, liquidation_board, liquidation_table, position_table, table_rows, words
from pages.ui.state import Controls
from risk_core.margin.holding import hold, margin
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from tests.app.views import of_document, of_file
from tests.core.books import document, perpetual

FILES = sorted(SAMPLES.glob("*.margin.json"))
MOVED = Controls(prices=(("BTC", 4.0), ("ETH", -3.0)), volatility=10.0, days=2.0)


def listed(one):
    triggers = cached.triggered(one.question, one.modes)
    return position_table.positions(one, liquidation_table.rows(one, triggers, triggers))


@pytest.mark.parametrize("chosen", [Controls(), MOVED], ids=["now", "moved"])
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_every_leg_has_each_mode_s_level_along_its_own_price(file, chosen):
    one = of_file(file, chosen)
    found = listed(one)
    assert sorted(position.leg for position in found) == sorted(one.account.book.ids)
    for position in found:
        for mode, row in position.closed.items():
            nearest = row.trigger.liquidation.nearest
            if nearest is not None:
                inside, outside = (buffer_of(one, mode, position, nearest * (1.0 + step)) for step in around(row))
                assert inside < 0 <= outside


def around(row):
    """Steps from the nearest level into its region and out of it."""
    out = 1e-7 if row.trigger.liquidation.below == row.trigger.liquidation.nearest else -1e-7
    return -out, out


def buffer_of(one, mode, position, price):
    """Of the pool or isolated leg that holds it, where its own coin has this price."""
    account, names = one.after.account, one.account.underlyings
    held = hold(account, one.question.rules.rules, MODES[mode])
    states = np.ones((1, len(names)))
    at = names.index(position.underlying)
    states[0, at] = price / account.market.underlyings[position.underlying].price
    leg = list(account.book.ids).index(position.leg)
    bucket = held.nets.bucket[held.nets.leg_net[leg]]
    found = margin(held, states)
    return (found.equity - found.maintenance)[0, bucket]


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_first_leg_is_the_nearest_to_its_end(file):
    reaches = [position.reach for position in listed(of_file(file))]
    assert reaches == sorted(reaches)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_file_has_a_row_for_each_leg_and_mode(file):
    one = of_file(file)
    found = listed(one)
    rows = list(csv.DictReader(io.StringIO(position_table.csv(one, found).decode("utf-8-sig"))))
    assert len(rows) == len(found) * len(one.modes)
    for row in rows:
        assert (row["nearest_level_usd"] == "") == (row["distance_percent"] == "")


def test_the_table_says_with_how_many_a_leg_is_closed():
    one = of_file(FILES[13])
    shown = position_table.table(one, listed(one)).replace(words.SPACE, " ")
    assert "alone" in shown and re.search(r"with \d others?<", shown)
    assert "nan" not in shown and words.MISSING not in shown


def test_more_rows_than_a_browser_bears_are_in_the_file():
    count = table_rows.MOST + 7
    legs = [perpetual(0.001, 100.0 + at, id=f"leg {at}", mode="isolated", isolated_margin=0.02) for at in range(count)]
    one = of_document(read_document(document(legs, 1_000)).document)
    found = listed(one)
    shown = position_table.table(one, found)
    assert shown.count('<tr><th scope="row">') == table_rows.MOST and "7 more: the CSV file has all" in shown
    triggers = cached.triggered(one.question, one.modes)
    rows = liquidation_table.rows(one, triggers, triggers)
    pools = liquidation_table.table(rows, liquidation_board.leg_labels(one))
    assert pools.count('<tr><th scope="row">') == table_rows.MOST and "more: the CSV file has all" in pools
    calm = liquidation_table.table([row for row in rows if row.reach[0] == liquidation_table.NEVER], {})
    assert calm.count(" along ") <= len(one.modes) * (liquidation_table.NAMED + 1)
    assert len(position_table.csv(one, found).splitlines()) == count * len(one.modes) + 1


def test_a_what_if_shows_the_level_before_and_where_a_leg_is_liquidated():
    one = of_file(FILES[13], Controls(prices=(("BTC", -15.0),)))
    now = of_file(FILES[13])
    before = cached.triggered(now.question, now.modes)
    after = cached.triggered(one.question, one.modes)
    shown = position_table.table(one, position_table.positions(one, liquidation_table.rows(one, after, before)))
    assert "→" in shown and 'class="chip liquidated"' in shown and ">now: " in shown
