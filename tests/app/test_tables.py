"""Laws of the conversion between account documents and grids."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from db.samples import SAMPLES, slug
from pages.ui import editing, expiries, tables
from pages.ui.grids import GRIDS, POSITIONS, SURFACE, UNDERLYINGS, grid_of
from risk_core.portfolio.fields import BALANCE, FORWARD, ORDER, UNDERLYING, VOLATILITY_POINT
from risk_core.portfolio.instruments import KINDS

FILES = sorted(SAMPLES.glob("*.margin.json"))
NUMBERS = any_.floats(allow_nan=False, allow_infinity=False) | any_.integers(-10**15, 10**15)


def document(file):
    return json.loads(file.read_text("utf-8"))


def text(value):
    return json.dumps(value, ensure_ascii=False)


def cells(grid, rows):
    """Every cell of the frame, as the grid would report it if all were retyped."""
    frame = tables.frame(grid, rows)
    return {i: {column.key: None if frame[column.key][i] != frame[column.key][i] else frame[column.key][i]
                for column in grid.columns} for i in range(len(frame))}


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_opening_into_sheets_and_back_changes_nothing(file):
    read = document(file)
    assert text(tables.document_of(tables.sheets_of(read), read)) == text(read)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_a_grid_that_reports_nothing_changes_nothing(file):
    for name, rows in tables.sheets_of(document(file)).items():
        assert tables.edited(grid_of(name), rows, {"edited_rows": {}, "added_rows": [], "deleted_rows": []}) == rows


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_retyping_every_cell_as_it_is_shown_changes_nothing(file):
    for name, rows in tables.sheets_of(document(file)).items():
        again = tables.edited(grid_of(name), rows, {"edited_rows": cells(grid_of(name), rows)})
        assert text(again) == text(rows)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_one_touched_cell_is_the_only_change(file):
    read = document(file)
    sheets = tables.sheets_of(read)
    rows = tables.edited(POSITIONS, sheets["positions"], {"edited_rows": {0: {"quantity": 1.23}}})
    changed = editing.judge({**sheets, "positions": rows}, read).document
    expected = document(file)
    expected["positions"][0]["quantity"] = 1.23
    assert text(changed) == text(expected)


@given(NUMBERS)
def test_a_number_typed_is_the_number_kept(value):
    for grid in GRIDS.values():
        for column in grid.columns:
            if column.sort == "number" and column.shift == 0:
                assert tables.read(column, value) == value


@given(any_.decimals(min_value="-1000", max_value="1000", places=6))
def test_percent_moves_the_point_and_no_digit(typed):
    iv = SURFACE.column("iv")
    kept = tables.read(iv, float(typed))
    assert kept == float(typed.scaleb(-2))
    assert tables.shown(iv, kept) == float(typed)


@pytest.mark.parametrize(("typed", "kept"), [
    ("2026-12-25", "2026-12-25T08:00:00Z"), ("2026-12-25 10:30", "2026-12-25T10:30:00Z"),
    ("2026-12-25 10:30:15 UTC", "2026-12-25T10:30:15Z"), ("25DEC26", "2026-12-25T08:00:00Z"),
    ("4dec2026", "2026-12-04T08:00:00Z"), ("2026-12-25T08:00:00+01:00", "2026-12-25T08:00:00+01:00"),
    ("31FEB26", "31FEB26"), ("next week", "next week"), ("2026-13-01", "2026-13-01"),
])
def test_times_are_read_as_people_write_them(typed, kept):
    assert expiries.read(typed) == kept


def test_a_time_with_another_offset_is_kept_when_retyped_as_the_same_instant():
    row = {"expiry": "2026-12-25T09:00:00+01:00", "price": 1.0}
    column = GRIDS["forwards"].column("expiry")
    assert tables.shown(column, row["expiry"]) == "2026-12-25 08:00"
    assert tables.edited(GRIDS["forwards"], (row,), {"edited_rows": {0: {"expiry": "2026-12-25 08:00"}}}) == (row,)


def test_an_emptied_cell_takes_its_key_out():
    rows = ({"id": "a", "leverage": 10, "mode": "isolated"},)
    (row,) = tables.edited(POSITIONS, rows, {"edited_rows": {0: {"leverage": None, "mode": ""}}})
    assert row == {"id": "a"}


def test_switching_off_and_on_again_leaves_no_trace():
    rows = ({"id": "a"},)
    (off,) = tables.edited(POSITIONS, rows, {"edited_rows": {0: {"enabled": False}}})
    assert off == {"id": "a", "enabled": False}
    assert tables.edited(POSITIONS, rows, {"edited_rows": {0: {"enabled": True}}}) == rows


def test_rows_are_edited_deleted_and_added_by_their_place_in_the_source():
    rows = tuple({"asset": name, "amount": i} for i, name in enumerate("abc"))
    report = {"edited_rows": {2: {"amount": 9}}, "deleted_rows": [0], "added_rows": [{"asset": "d", "amount": 4}]}
    assert [tuple(row.values()) for row in tables.edited(GRIDS["collateral"], rows, report)] == [("b", 1), ("c", 9), ("d", 4)]


def test_every_field_of_the_file_has_a_column():
    fields = {"positions": {f.name for kind in KINDS.values() for f in kind.fields}, "forwards": {f.name for f in FORWARD},
              "orders": {f.name for f in ORDER} | {"expiry"}, "collateral": {f.name for f in BALANCE}, "surface": {f.name for f in VOLATILITY_POINT},
              "underlyings": {f.name for f in UNDERLYING} | {"name", "volatility"}}
    for name, keys in fields.items():
        assert {column.key for column in GRIDS[name].columns} == keys


def test_every_column_explains_itself():
    assert all(column.help for grid in GRIDS.values() for column in grid.columns)


def judged(sheet, report, file=FILES[13]):
    read = document(file)
    sheets = tables.sheets_of(read)
    return editing.judge({**sheets, sheet: tables.edited(grid_of(sheet), sheets[sheet], report)}, read)


@pytest.mark.parametrize(("sheet", "report", "sentence"), [
    ("positions", {"edited_rows": {1: {"quantity": 0}}}, "Positions, row 2 (btc-sep): Quantity 0 must not be 0."),
    ("positions", {"edited_rows": {0: {"iv": 61}}}, "Positions, row 1 (btc): Implied vol 61 has no place on a perpetual."),
    ("positions", {"edited_rows": {0: {"underlying": "XRP"}}},
     "Positions, row 1 (btc): Underlying “XRP” is not in the underlyings of the Market tab."),
    ("positions", {"edited_rows": {0: {"id": None}, 2: {"id": "btc-sep"}}},
     "Positions, row 3: Leg “btc-sep” is already the id of an earlier position."),
    ("positions", {"added_rows": [{"kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 2}]},
     "Positions, row 7 (BTC-PERP): Entry price is required."),
    ("collateral", {"edited_rows": {0: {"asset": "DOGE"}}},
     "Collateral, row 1 (DOGE): Asset “DOGE” has no price: add it to the Market tab, other assets."),
    ("underlyings", {"edited_rows": {0: {"price": -1}}}, "Underlyings, row 1 (BTC): Index price −1 must be above 0."),
    ("underlyings", {"edited_rows": {1: {"name": "BTC"}}},
     "Underlyings, row 2: Underlying “BTC” is already the name of an earlier row."),
    ("underlyings", {"edited_rows": {0: {"volatility": 50}}},
     "Underlyings, row 1 (BTC): Flat implied vol 50 has no place beside the points of a surface: clear it, or delete "
     "the points."),
    ("forwards BTC", {"edited_rows": {1: {"price": 0}}}, "Forwards of BTC, row 2: Forward 0 must be above 0."),
    ("surface ETH", {"edited_rows": {0: {"iv": -5}}}, "Volatility surface of ETH, row 1: Implied vol −5 must be above 0."),
    ("assets", {"added_rows": [{"asset": "BTC", "price": 1}]},
     "Prices of other assets, row 3 (BTC): Price 1 is an underlying, which has its index price."),
    ("correlation", {"edited_rows": {0: {"value": 2}}}, "Correlation, row 1: Correlation 2 must lie between -1 and 1."),
])
def test_what_is_wrong_is_told_by_row_column_value_and_rule(sheet, report, sentence):
    outcome = judged(sheet, report)
    assert outcome.document is None
    assert sentence in [one.sentence for one in outcome.troubles]


def test_every_problem_is_told_at_once():
    outcome = judged("positions", {"edited_rows": {0: {"quantity": 0, "entry_price": -1}, 3: {"leverage": 0}}})
    assert len(outcome.troubles) == 3


def test_a_row_not_begun_does_not_count():
    outcome = judged("positions", {"added_rows": [{"enabled": True, "kind": "perpetual", "underlying": "BTC",
                                                   "settlement": "linear"}, {}]})
    assert outcome.document == document(FILES[13])


def test_a_leg_without_a_name_takes_its_instruments():
    new = {"kind": "option", "underlying": "BTC", "settlement": "inverse", "type": "put", "strike": 70000,
           "expiry": "25sep26", "quantity": -1}
    outcome = judged("positions", {"added_rows": [new, new]})
    assert [leg["id"] for leg in outcome.document["positions"][-2:]] == ["BTC-25SEP26-70000-P-INV", "BTC-25SEP26-70000-P-INV-2"]


def test_an_underlying_can_be_renamed_with_its_forwards_and_points():
    read = document(FILES[0])
    read["positions"] = []
    sheets = tables.sheets_of(read)
    rows = tables.edited(UNDERLYINGS, sheets["underlyings"], {"edited_rows": {0: {"name": "XBT"}}})
    renamed = tables.document_of({**sheets, "underlyings": rows}, read)
    assert renamed["market"]["underlyings"]["XBT"] == read["market"]["underlyings"]["BTC"]


def test_a_flat_volatility_can_be_given_and_cleared():
    read = document(FILES[13])
    flat = judged("underlyings", {"edited_rows": {2: {"volatility": 85.5}}}).document
    assert flat["market"]["underlyings"]["SOL"]["volatility"] == 0.855
    sheets = tables.sheets_of(flat)
    rows = tables.edited(UNDERLYINGS, sheets["underlyings"], {"edited_rows": {2: {"volatility": None}}})
    assert editing.judge({**sheets, "underlyings": rows}, flat).document == read
