"""E7 on screen: the nastiest edge inputs on every page that computes, and all of them in the files taken home.

No NaN and no infinity in any text a page sends nor in any cell of a file, and no exception instead of a reason.
"""

import csv
import io
import math
import re

import pytest

from pages.ui import (
    cached,
    chart_files,
    csv_files,
    downloads,
    frontier_picture,
    frontier_section,
    ladder_section,
    liquidation_board,
    liquidation_table,
    results,
    view,
    workbook,
)
from pages.ui.draft import Draft
from pages.ui.grids import COLLATERAL, POSITIONS
from pages.ui.ladder import ladder
from pages.ui.plans import DAYS, VOLATILITY
from risk_core.errors import MarginscopeError
from risk_core.portfolio.account_file import read_document
from tests.app.test_versions import sheets
from tests.app.views import of_document
from tests.core.test_edges import FIGURES

PAGES = (None, "liquidation.py", "portfolio.py")
NASTIEST = (
    "nothing at all", "no underlyings", "a debt in coin alone", "a price of 1e-8", "the largest account", "the smallest leg",
    "entry far below the price", "volatility of 1e30", "an expiry in one microsecond", "a strike far below",
    "an option marked at its upper bound", "hedged up to one part in 1e13", "liquidated at any price",
    "a forward far from the index", "all-zero losses, filtered-var", "a one-row history", "a jump tier by size, on its floor",
)
NO_NUMBER = re.compile(r"(?<![\w#/+-])[-+−]?(nan|inf|infinity|∞)(?![\w/+-])", re.IGNORECASE)
PACKED = re.compile(r'"bdata":\s*"[^"]*"')


def strings(message):
    """Every text in a protocol message."""
    for field, value in message.ListFields():
        for one in value if isinstance(value, list | tuple) or hasattr(value, "append") else [value]:
            if isinstance(one, str):
                yield one
            elif hasattr(one, "ListFields"):
                yield from strings(one)


def sent(block):
    """Every text of every element of a page."""
    for child in block.children.values():
        if child.proto is not None:
            yield from strings(child.proto)
        if hasattr(child, "children"):
            yield from sent(child)


@pytest.mark.parametrize("page", PAGES, ids=["compare", "liquidation", "portfolio"])
def test_E7_no_page_shows_what_is_no_number(open_app, page):
    at = open_app(page)
    for name in NASTIEST:
        at.session_state["draft"] = Draft(read_document(FIGURES[name]).document, label=name)
        at.run()
        assert not at.exception, (name, at.exception)
        texts = [PACKED.sub("", text) for text in sent(at._tree)]
        assert sum(map(len, texts)) > 500, name
        assert [text[max(hit.start() - 60, 0):hit.end() + 20] for text in texts if (hit := NO_NUMBER.search(text))] == [], name


def test_what_is_no_number_would_be_seen():
    seen = [text for text in ("nan", "−inf USD", "∞", "is nan.", "[NaN, 1]") if NO_NUMBER.search(text)]
    assert len(seen) == 5 and not NO_NUMBER.search("financial information, Fernando, in-flight #inf3")


# Files ----------------------------------------------------------------------------------------------------------------

def cells(raw):
    """Cells of a CSV file below its head."""
    return [cell for row in list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1:] for cell in row]


def numbers(found):
    """The cells that are numbers to whoever reads them."""
    for cell in found:
        try:
            yield float(cell)
        except ValueError:
            continue


def tables_of(found):
    """Every CSV file of an account and of its results."""
    document = found.account.document
    yield from (csv_files.of_sheet(grid, document[grid.name]) for grid in (POSITIONS, COLLATERAL))
    yield from (csv_files.write(table.header, table.rows) for table in (results.modes(found), results.legs(found)))
    yield from (chart_files.waterfall(mode) for mode in found.modes.values())


@pytest.mark.parametrize("name", FIGURES)
def test_E7_no_file_holds_what_is_no_number(name):
    found = downloads.compared(Draft(read_document(FIGURES[name]).document))
    for raw in tables_of(found):
        assert all(map(math.isfinite, numbers(cells(raw))))
    for rows in sheets(workbook.workbook(found)).values():
        assert all(math.isfinite(float(text)) for row in rows for kind, text in row if kind == "n")


def pictures_of(one):
    """Every CSV file of a chart or of the table of levels; a picture there is none of has a reason instead."""
    triggers = cached.triggered(one.question, one.modes)
    yield liquidation_table.csv(liquidation_table.rows(one, triggers, triggers), liquidation_board.leg_labels(one))
    for name in one.names[:1]:
        walked = view.walked(one, name)
        yield chart_files.curves(walked)
        yield ladder_section.csv(ladder(walked, triggers, ""))
        for kind in (VOLATILITY, DAYS):
            yield frontier_section.csv(frontier_picture.along_price(one, kind, name, None, ""))


@pytest.mark.parametrize("name", NASTIEST)
def test_E7_no_file_of_a_chart_holds_what_is_no_number(name):
    files = pictures_of(of_document(read_document(FIGURES[name]).document))
    told = 0
    while True:
        try:
            raw = next(files, None)
        except MarginscopeError as refused:
            assert all(problem.rule for problem in refused.problems)
            break
        if raw is None:
            break
        told += 1
        assert all(map(math.isfinite, numbers(cells(raw))))
    assert told
