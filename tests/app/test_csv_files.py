"""CSV files: what is read back is what was written, and every hostile file is refused in a sentence, in time, whole."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.samples import SAMPLES, slug
from pages.ui import csv_cells, csv_files, csv_import
from pages.ui.grids import COLLATERAL, POSITIONS, grid_of
from risk_core.portfolio.account_file import read_document

FILES = sorted(SAMPLES.glob("*.margin.json"))
MIXED = json.loads(FILES[13].read_text("utf-8"))
HEADER = [column.key for column in POSITIONS.columns]
GOOD = {"id": "new", "underlying": "BTC", "kind": "perpetual", "settlement": "linear", "quantity": "2", "entry_price": "77000"}


def text(*rows, header=HEADER):
    """A file of rows given by column."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def run(content, sheet="positions", document=MIXED, replace=False):
    """The dry run of a file; how long one may take is held in `test_import_limits.py`."""
    raw = content.encode() if isinstance(content, str) else content
    return csv_import.dry_run(raw, sheet, document, replace=replace)


def refused(content, **how):
    """The sentences of a refused file; nothing of it is left."""
    found = run(content, **how)
    assert found.faults and found.rows == () == found.after
    sentences = [fault.sentence for fault in found.faults]
    assert all(one.endswith(".") and "\n" not in one and len(one) < 1_000 for one in sentences), sentences
    return sentences


# What goes out comes back ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("file", FILES, ids=slug)
@pytest.mark.parametrize("sheet", ["positions", "collateral"])
def test_an_exported_file_read_back_is_the_same(file, sheet):
    document = json.loads(file.read_text("utf-8"))
    found = run(csv_files.of_sheet(grid_of(sheet), document[sheet]), sheet, document, replace=True)
    assert not found.faults and list(found.after) == document[sheet]
    assert read_document({**document, sheet: list(found.after)}).document == document


@given(st.text())
def test_text_survives_the_guard(text):
    guarded = csv_cells.guarded(text)
    assert csv_cells.bare(guarded) == text
    assert not guarded.lstrip(" \u00a0\u3000\n\"").startswith(csv_cells.FORMULA)


@given(st.floats(-1e30, 1e30) | st.integers(-10**30, 10**30))
def test_numbers_survive_digit_for_digit(value):
    back = csv_cells.read(COLLATERAL.column("amount"), csv_cells.written(value))
    assert back == value and type(back) is type(value)


FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "'=1", '"=1"', "''", "=HYPERLINK(1)"]


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_text_on_the_way_out_and_the_same_on_the_way_back(name):
    rows = [{"asset": name, "amount": -5.5}]
    raw = csv_files.of_sheet(COLLATERAL, rows)
    (cell, amount) = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1]
    assert cell.startswith("'") and amount == "-5.5"
    assert csv_files.read(raw, COLLATERAL).rows == tuple(rows)


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_any_names_survive_the_file(names):
    rows = tuple({"asset": name, "amount": 1} for name in names)
    assert csv_files.read(csv_files.of_sheet(COLLATERAL, rows), COLLATERAL).rows == rows


# A sound file ---------------------------------------------------------------------------------------------------------

def test_rows_are_added_behind_what_is_there():
    found = run(text(GOOD))
    assert found.told == "Adds 1 leg to the 6 legs of this account."
    assert found.after == (*MIXED["positions"], {"id": "new", "underlying": "BTC", "kind": "perpetual",
                                                 "settlement": "linear", "quantity": 2, "entry_price": 77000})


def test_or_replace_it_and_the_preview_says_what_would_go():
    kept = {key: value for key, value in GOOD.items()} | {"id": "btc"}
    found = run(text(kept), replace=True)
    assert found.told == "Replaces 6 legs by 1 leg, none of them unchanged. 5 would go."
    assert [row["id"] for row in found.after] == ["btc"]


def test_what_people_and_spreadsheets_write_is_understood():
    option = {**GOOD, "id": "", "kind": "option", "type": "put", "strike": "70000", "expiry": "25DEC26", "iv": ".61",
              "enabled": "FALSE", "quantity": " -2e0 "}
    (row,) = run(csv_files.BOM + text(option).replace("\r\n", "\n")).rows
    assert row["expiry"] == "2026-12-25T08:00:00Z" and row["enabled"] is False
    assert row["id"] == "BTC-25DEC26-70000-P" and (row["iv"], row["quantity"]) == (0.61, -2)


def test_a_name_like_na_is_a_name():
    assert run(text({**GOOD, "id": "NA"})).rows[0]["id"] == "NA"


def test_blank_rows_are_nothing_and_do_not_move_the_row_numbers():
    content = text(GOOD, {}, {**GOOD, "id": "b", "quantity": "x"})
    assert refused(content)[0].startswith("Row 4, quantity: “x” must be a plain number")


@pytest.mark.parametrize("sheet", ["positions", "orders", "collateral"])
def test_the_template_is_sound(sheet):
    assert not run(csv_import.template(sheet), sheet, replace=True).faults


def test_every_row_and_column_at_fault_is_told_in_a_sentence():
    rows = [GOOD, {**GOOD, "id": "b", "quantity": "1,000", "leverage": "ten"}, {**GOOD, "id": "c", "quantity": "0"},
            {**GOOD, "id": "btc"}, {**GOOD, "id": "d", "underlying": "XYZ"}]
    assert [one.split(":")[0] for one in refused(text(*rows))] == ["Row 3, quantity", "Row 3, leverage"]
    assert refused(text(rows[0], *rows[2:])) == [
        "Row 3, quantity: 0 must not be 0.",
        "Row 4, id: “btc” is already the id of an earlier position.",
        "Row 5, underlying: “XYZ” is not in the underlyings of the Market tab.",
    ]


def test_a_clash_with_a_leg_of_the_account_names_its_row():
    said = refused(text({**GOOD, "mark_price": "70000"}, {**GOOD, "id": "two", "mark_price": "70001"}))
    assert "Row 3, mark_price" in said[0] and "row 2" in said[0]


# Hostile files --------------------------------------------------------------------------------------------------------

NUMBERS = ["1e400", "-1e999", "0x10", "1_000", "1,000", "１２", "1.5.5", "NaN", "nan", "inf", "-Infinity", "1e", "e5", "--1",
           "1 000", "½", "٣", "=1+1", "1%", "$5", "−5", "0b1", "1j", "9" * 400, "True"]


@pytest.mark.parametrize("typed", NUMBERS)
def test_only_plain_numbers_are_numbers(typed):
    (said,) = refused(text({**GOOD, "quantity": typed}))
    assert said.startswith("Row 2, quantity: “")


HOSTILE = {
    "empty": (b"", "The file is empty"),
    "only a mark": (csv_files.BOM, "The file is empty"),
    "no rows": (text(), "a header and no rows"),
    "two megabytes": (text(GOOD) + "," * 2_000_000, "at most 2 MB"),
    "a million rows": (text() + "\n".join(["," * 14] * 120_000), "more than 5,000 rows"),
    "5,001 rows": (text(*[{**GOOD, "id": f"p{i}"} for i in range(5_001)]), "more than 5,000 rows"),
    "ten thousand columns": (",".join(f"c{i}" for i in range(10_000)) + "\n1", "10,000 columns, at most 50"),
    "extra field": (text(GOOD).rstrip() + ",7\r\n", f"{len(HEADER) + 1} cells where the header has {len(HEADER)}"),
    "missing field": (text(GOOD).rstrip()[:-1] + "\r\n", f"{len(HEADER) - 1} cells where the header has {len(HEADER)}"),
    "duplicate header": (text(GOOD).replace("iv,", "strike,"), "strike is given twice"),
    "unknown header": (text(GOOD).replace("quantity", "size"), "quantity is missing; size is not a column"),
    "other order": (text(GOOD, header=HEADER[::-1]), "the order of columns differs"),
    "semicolons": (text(GOOD).replace(",", ";"), "separated by commas"),
    "utf-16": (text(GOOD).encode("utf-16"), "not UTF-8"),
    "latin-1": (text({**GOOD, "id": "é"}).encode("latin-1"), "not UTF-8 text, see line 2"),
    "nul": (text({**GOOD, "id": "a\0b"}), "Line 2 holds a character that is no text (code 0)"),
    "workbook": (b"PK\x03\x04" + bytes(1_000), "workbook or an archive"),
    "quote never closed": (text(GOOD).rstrip() + '\r\n"abc,1\r\n', "never closed"),
    "text behind a quote": (text(GOOD).rstrip() + '\r\n"a"b,1\r\n', "follows a closing quotation mark"),
    "a cell too long": (text({**GOOD, "id": "x" * 200_000}), "a cell there is too long"),
    "mixed newlines": (text(GOOD).replace("\r\n", "\r") + "\nnonsense\r\n", f"1 cells where the header has {len(HEADER)}"),
    "json": ('{"format": 1}', "the header must be"),
    "path as name": (text({**GOOD, "kind": "../../etc/passwd"}), "Row 2, kind"),
    "markup": (text({**GOOD, "kind": "<script>alert(1)</script>"}), "Row 2, kind"),
    "huge leverage": (text({**GOOD, "leverage": "1e31"}), "must not exceed"),
    "no expiry": (text({**GOOD, "expiry": "tomorrow", "kind": "future"}), "Row 2, expiry: “tomorrow” must be a time"),
    "past": (text({**GOOD, "expiry": "2020-01-01", "kind": "future"}), "Row 2, expiry"),
    "foreign field": (text({**GOOD, "strike": "5"}), "has no place on a perpetual"),
    "one id 5,000 times": (text(*[GOOD] * 5_000), "Row 3, id: “new” is already the id"),
    "every cell bad": (text(*[dict.fromkeys(HEADER, "=x") for _ in range(5_000)]), "Row 2, enabled"),
    "quoted newlines": (text({**GOOD, "id": "a\nb"}, {**GOOD, "quantity": "x"}), "Row 3, quantity"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_a_sentence_and_in_time(name):
    content, said = HOSTILE[name]
    assert said in " ".join(refused(content))


def test_the_largest_sound_file_is_read_in_time():
    rows = [{**GOOD, "id": f"new {i}"} for i in range(csv_files.MOST_ROWS)]
    found = run(text(*rows))
    assert len(found.rows) == csv_files.MOST_ROWS and not found.faults


def test_collateral_needs_a_price():
    assert refused("asset,amount\nGOLD,1\n", sheet="collateral") == [
        "Row 2, asset: “GOLD” has no price: add it to the Market tab, other assets."]


def test_a_file_of_an_earlier_release_without_the_columns_added_since_is_read():
    older = [column.key for column in POSITIONS.columns if not column.added]
    assert set(HEADER) - set(older) == {"unsettled_funding"}
    assert run(text(GOOD, header=older)).rows == run(text(GOOD)).rows
    (said,) = refused(text(GOOD, header=older).rstrip() + ",7\r\n")
    assert said == f"Row 2: {len(older) + 1} cells where the header has {len(older)}."


def test_orders_come_back_from_csv_as_they_were():
    rows = tuple(csv_import.EXAMPLES["orders"])
    found = run(csv_files.of_sheet(grid_of("orders"), rows), "orders", replace=True)
    assert [{**row, "id": read["id"]} for row, read in zip(rows, found.rows, strict=True)] == list(found.rows)
    assert found.told == "Replaces 0 orders by 2 orders, none of them unchanged."
