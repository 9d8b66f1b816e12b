"""History, scaling, import and export on the portfolio page."""

import io
import json
import xml.etree.ElementTree as ET
import zipfile

import pytest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from db.authors import NAMELESS, OTHER_TAB, Author
from pages.ui import author, csv_files, downloads, results, saving, scaling, workbook
from pages.ui.differences import changes, differences
from risk_core.portfolio.account_file import read
from tests.app.test_portfolio import FILES, click, document, held, opened, portfolio, report, shown, tab  # noqa: F401

SHEETS = ("Account", "Positions", "Collateral", "Market", "Results", "Legs", "Rulebook")
CELLS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def saved_twice(portfolio):
    at = report(portfolio(own=True), "positions", {0: {"quantity": 2}})
    return click(at, "save")


def versions(at):
    (radio,) = [one for one in at.radio if one.label == "Versions"]
    return radio


def captions(radio):
    return [text.replace("\\", "") for text in radio.proto.captions]


def test_versions_are_listed_with_what_changed_in_words(portfolio):
    radio = versions(tab(saved_twice(portfolio), "History"))
    assert [text.split("**")[1] for text in radio.options] == ["Version 2", "Version 1"]
    assert captions(radio) == ["Positions: btc quantity 1.5 → 2", "First saved"]


def test_an_earlier_version_is_compared_with_the_draft_and_restored(portfolio, store):
    at = tab(saved_twice(portfolio), "History")
    assert at.button(key="history.restore").disabled
    at = versions(at).set_value(1).run()
    assert "btc quantity 1.5 2" in " ".join(shown(at).split())
    account_id = held(at).account_id
    at = click(at, "history.restore")
    assert held(at).version == 3 and held(at).document["positions"][0]["quantity"] == 1.5
    assert [one.version for one in store.versions(account_id)] == [3, 2, 1]


def test_restoring_puts_unsaved_changes_aside(portfolio):
    at = report(saved_twice(portfolio), "positions", {0: {"quantity": 9}})
    at = click(versions(tab(at, "History")).set_value(1).run(), "history.restore")
    at = click(at, "left.back")
    assert held(at).document["positions"][0]["quantity"] == 9


def test_the_history_and_the_conflict_name_who_saved(portfolio, store):
    at = opened(saved_twice(portfolio), author.MENU)
    at.text_input(key=author.NAME).set_value("Ann_1").run()
    at = click(report(at, "positions", {0: {"quantity": 3}}), "save")
    own = held(at)
    ann = store.versions(own.account_id)[0].by
    assert ann.name == "Ann_1" and store.versions(own.account_id)[1].by == Author("", ann.browser)
    assert [text.rpartition(" · ")[2].replace("\\", "") for text in versions(tab(at, "History")).options[:2]] == ["Ann_1", "you"]
    for by, told in ((Author("", ann.browser), OTHER_TAB), (Author("Bob", "b"), "“Bob”"), (Author("", "b"), NAMELESS)):
        newest = store.load(own.account_id)
        changed = {**newest.account.document, "collateral": [{"asset": "USD", "amount": newest.version}]}
        store.save(own.account_id, read(json.dumps(changed)), newest.version, f"x {newest.version}", by=by)
        at = click(report(at, "positions", {0: {"quantity": 10 + newest.version}}), "save")
        said = " ".join(one.value for one in at.markdown).replace("\\", "")
        assert f"was saved by {told}, as version {newest.version + 1}" in said
        at = click(at, "conflict.overwrite")


def test_a_browser_is_the_same_under_every_mask_of_its_cookie():
    first, again, other = (generate_xsrf_token_string(token, 1) for token in (b"a" * 16, b"a" * 16, b"b" * 16))
    assert first != again and author._unmasked(first) == author._unmasked(again) == b"a" * 16
    assert author._unmasked(other) == b"b" * 16
    assert [author._unmasked(text) for text in ("", "2|zz|00|1", "2||00|1", "1|2", "2|0|00|1")] == [None] * 5


@pytest.mark.parametrize("own", [False])
def test_a_sample_has_no_history_yet(portfolio, own):
    at = tab(portfolio(own=own), "History")
    assert "save a copy" in at.info[0].value and not at.radio


def test_a_deleted_account_comes_back_from_the_open_menu(portfolio):
    at = portfolio(own=True)
    gone = held(at)
    at = click(opened(at, "delete.menu"), "delete.go")
    at = opened(at, "open.menu")
    at.selectbox(key="open.deleted").set_value(gone.account_id)
    at = click(at, "open.back")
    assert held(at).account_id == gone.account_id and held(at).document == gone.document


def test_saving_what_somebody_else_deleted_loses_nothing(portfolio, store):
    at = portfolio(own=True)
    store.delete(held(at).account_id, held(at).version)
    at = click(report(at, "positions", {0: {"quantity": 2}}), "save")
    assert "was deleted meanwhile" in at.error[0].value.replace("\\", "")
    assert held(at).document["positions"][0]["quantity"] == 2


def test_the_question_about_two_versions_goes_with_its_account(portfolio, store):
    at = portfolio(own=True)
    own = held(at)
    store.save(own.account_id, read(json.dumps({**own.document, "collateral": []})), own.version, f"x {own.account_id}")
    at = click(report(at, "positions", {0: {"quantity": 2}}), "save")
    assert saving.CONFLICT in at.session_state and any(one.key == "conflict.overwrite" for one in at.button)
    opened(at, "open.menu").selectbox(key="open.choice").set_value(
        next(one.id for one in store.list_accounts() if one.is_sample)).run()
    at = click(at, "open.go")
    assert not any(one.key == "conflict.overwrite" for one in at.button)


def test_differences_name_leg_figure_and_both_sides():
    before = document()
    after = json.loads(json.dumps(before))
    after["positions"][0] |= {"quantity": 2, "enabled": False}
    del after["positions"][1]
    after["collateral"][0]["amount"] = -5
    after["market"]["underlyings"]["BTC"]["volatility"].pop()
    after["rules"] = {"base": "generic", "override": {}}
    said = [one.sentence for one in changes(before, after)]
    assert "Positions: btc quantity 1.5 → 2" in said and "Positions: btc on on → off" in said
    assert "Positions: btc-sep removed" in said and "Collateral: USDC amount 30,000 → −5" in said
    assert any(one.startswith("Volatility surface of BTC: Points 22 →") for one in said)
    assert "Account: Rules generic → generic with changes" in said
    assert len(differences(before, after, most=3)) == 3 and differences(before, after, most=3)[-1] == "and 4 more"


# Scaling --------------------------------------------------------------------------------------------------------------

def test_all_sizes_times_a_factor_in_one_step(portfolio):
    at = opened(portfolio(), "scale.menu")
    at.number_input(key="scale.factor").set_value(-0.1).run()
    at = click(at, "scale.go")
    legs = held(at).document["positions"]
    assert [leg["quantity"] for leg in legs] == [-0.15, 0.1, 0.2, 4, -30, 7000]
    assert legs[4]["isolated_margin"] == 450
    assert held(click(at, "undo")).document == document()


def test_products_are_those_people_write():
    assert scaling.product(0.1, 3) == 0.3 and scaling.product(7, 2.0) == 14 and scaling.product(1e30, 0.5) == 5e29


# Structures -----------------------------------------------------------------------------------------------------------

def test_the_line_above_the_grid_names_the_structure(portfolio):
    at = portfolio(file=FILES[4])
    assert "short strangle (ETH 2026-09-25, 2,000 / 2,800, × 60; legs p2000 and c2800)" in " ".join(shown(at).split())


# Export ---------------------------------------------------------------------------------------------------------------

def test_every_export_is_offered(portfolio):
    at = opened(portfolio(), "export.menu")
    keys = {one.key for one in at.get("download_button")} if hasattr(at.get("download_button")[0], "key") else set()
    labels = {one.proto.label for one in at.get("download_button")}
    assert labels == {"Account file", "Positions, CSV", "Collateral, CSV", "Results by mode, CSV", "Results by leg, CSV",
                      "Workbook, XLSX"}, keys


def sheets(raw):
    """Every sheet of a workbook as rows of (type, text)."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        texts = ["".join(one.itertext()) for one in ET.fromstring(file.read("xl/sharedStrings.xml"))]
        names = [one.get("name") for one in ET.fromstring(file.read("xl/workbook.xml")).find("m:sheets", CELLS)]
        found = {}
        for number, name in enumerate(names, 1):
            page = ET.fromstring(file.read(f"xl/worksheets/sheet{number}.xml"))
            assert page.find(".//m:f", CELLS) is None, "a formula"
            assert page.find(".//m:hyperlink", CELLS) is None, "a link"
            found[name] = [[(cell.get("t", "n"), texts[int(value)] if cell.get("t") == "s" else value)
                            for cell in row if (value := cell.findtext("m:v", None, CELLS)) is not None]
                           for row in page.find("m:sheetData", CELLS)]
        return found


def compared(content):
    from pages.ui.state import Draft

    return downloads.compared(Draft(content))


@pytest.mark.parametrize("file", [FILES[0], FILES[3], FILES[13]], ids=lambda file: file.name)
def test_the_workbook_holds_everything(file):
    content = document(file)
    found = compared(content)
    book = sheets(workbook.workbook(found))
    assert tuple(book) == SHEETS
    account = {row[0][1]: row[1][1] for row in book["Account"][1:]}
    assert account["account hash"] == found.account.digest and account["as of"] == content["as_of"]
    assert len(book["Positions"]) == len(content["positions"]) + 1
    assert len(book["Results"]) == len(found.modes) + 1
    assert len(book["Rulebook"]) == len(found.rulebook.parameters) + 1
    assert all(len(row) >= 6 for row in book["Rulebook"])
    quantity = book["Positions"][1][4]
    assert quantity[0] == "n" and float(quantity[1]) == content["positions"][0]["quantity"]
    assert workbook.workbook(found) == workbook.workbook(found)


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", " =x", "＝x", "https://example.com", "{=1}", "12"])
def test_names_are_text_in_the_workbook(name):
    content = document()
    content["positions"][0]["id"] = name
    book = sheets(workbook.workbook(compared(content)))
    assert ("s", name) in book["Positions"][1]


def test_results_as_csv_keep_numbers_as_numbers():
    found = compared(document())
    table = results.modes(found)
    lines = csv_files.write(table.header, table.rows).decode("utf-8-sig").splitlines()
    assert len(lines) == len(found.modes) + 1
    head = lines[0].split(",")
    assert float(lines[1].split(",")[head.index("equity")]) == next(iter(found.modes.values())).head.equity


# Import ---------------------------------------------------------------------------------------------------------------

def test_too_many_rows_in_an_account_file_are_refused_at_once():
    from pages.ui import exchange
    from risk_core.errors import Refused

    content = {**document(), "positions": [{}] * 5_001}
    with pytest.raises(Refused) as refused:
        exchange.taken(json.dumps(content).encode())
    assert [one.path for one in refused.value.problems] == ["positions"]


def first_version(open_app, portfolio, page=None):
    """The first of two versions, opened by its link."""
    account_id = held(saved_twice(portfolio)).account_id
    at = open_app(page, account=account_id, version="1")
    assert not at.exception and held(at).version == 1
    return at


@pytest.mark.parametrize("page", [None, "portfolio.py"])
def test_an_older_version_says_so_and_opens_the_newest(open_app, portfolio, page):
    at = first_version(open_app, portfolio, page)
    assert any("This is **version 1**. The newest is version 2" in one.value for one in at.markdown)
    at = click(at, "open_newest")
    assert held(at).version == 2 and held(at).document["positions"][0]["quantity"] == 2
    assert not any("The newest is" in one.value for one in at.markdown)


def test_unsaved_changes_of_an_older_version_are_put_aside(open_app, portfolio):
    at = report(first_version(open_app, portfolio, "portfolio.py"), "positions", {0: {"quantity": 9}})
    at = click(click(at, "open_newest"), "left.back")
    assert held(at).version == 1 and held(at).document["positions"][0]["quantity"] == 9


def test_the_newest_version_has_nothing_to_open(portfolio):
    assert not any(one.key == "open_newest" for one in saved_twice(portfolio).button)
