"""The portfolio page: edits of the grids, templates, undo, saving, importing and exporting."""

import json
import re

import pytest

from db.samples import SAMPLES, sample_id
from pages.ui import desk, differences, exchange, history
from risk_core.errors import Refused
from risk_core.portfolio.account_file import read, write

FILES = sorted(SAMPLES.glob("*.margin.json"))
MIXED = FILES[13]
OWN = iter(range(1_000))


@pytest.fixture
def portfolio(open_app):
    """The page on the mixed book; `own=True` on a saved copy of it."""
    def start(*, own=False, file=MIXED):
        at = open_app("portfolio.py", account=sample_id(file))
        return named(at, f"Own {next(OWN)}") if own else at

    return start


def document(file=MIXED):
    return json.loads(file.read_text("utf-8"))


def held(at):
    return at.session_state["draft"]


def report(at, sheet, edited=None, added=(), deleted=()):
    """What the grid sends when cells are edited."""
    key = desk.grid_key(sheet, at.session_state["desk"].sources[sheet].turn)
    at.session_state[key] = {"edited_rows": edited or {}, "added_rows": list(added), "deleted_rows": list(deleted)}
    return sound(at.run())


def sound(at):
    assert not at.exception, at.exception
    return at


def click(at, key):
    return sound(at.button(key=key).click().run())


def opened(at, menu):
    """The page with one of its menus open."""
    at.session_state[menu] = True
    return sound(at.run())


def named(at, name):
    """Saved as `name`."""
    opened(at, "save_as.menu").text_input(key="save_as.name").set_value(name)
    return click(at, "save_as.go")


def tab(at, name):
    at.session_state["tab"] = name
    return sound(at.run())


def shown(at):
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", one.proto.body, flags=re.DOTALL) for one in at.get("html"))


def test_a_valid_edit_acts_at_once_and_shows_before_and_after(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 2.5}})
    assert held(at).document["positions"][0]["quantity"] == 2.5
    assert "Unsaved changes" in shown(at) and "from " in shown(at)


def test_an_edit_that_is_not_valid_is_told_and_kept_and_changes_nothing(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 0}, 1: {"entry_price": -5}})
    assert held(at).document == document()
    assert "Positions, row 1 (btc): Quantity 0 must not be 0." in shown(at)
    assert "Positions, row 2 (btc-sep): Entry price −5 must be above 0." in shown(at)
    assert "2 problems, not applied yet" in shown(at)
    assert at.session_state["desk"].sheets["positions"][0]["quantity"] == 0


def test_nothing_is_half_applied_across_grids(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 0}})
    at = report(tab(at, "Collateral"), "collateral", {0: {"amount": 1}})
    assert held(at).document == document()
    at = report(tab(at, "Positions"), "positions", {0: {"quantity": 3}})
    assert held(at).document["positions"][0]["quantity"] == 3
    assert held(at).document["collateral"][0]["amount"] == 1


def test_what_is_typed_survives_other_tabs_and_pages(portfolio, open_app):
    at = report(portfolio(), "positions", {0: {"quantity": 0}})
    at = tab(tab(at, "Market"), "Positions")
    assert at.session_state["desk"].sheets["positions"][0]["quantity"] == 0
    assert "must not be 0" in shown(at)


def test_corrected_row_by_row_until_it_is_in_force(portfolio):
    at = portfolio()
    new = {"enabled": True, "kind": "perpetual", "underlying": "BTC", "settlement": "linear"}
    at = report(at, "positions", added=[new])
    assert held(at).document == document() and "not in force" not in shown(at)
    at = report(at, "positions", added=[{**new, "quantity": 1}])
    assert "row 7 (BTC-PERP): Entry price is required." in shown(at)
    at = report(at, "positions", added=[{**new, "quantity": 1, "entry_price": 77_000}])
    assert held(at).document["positions"][-1] == {"id": "BTC-PERP", "kind": "perpetual", "underlying": "BTC",
                                                  "settlement": "linear", "quantity": 1, "entry_price": 77_000}


def test_a_leg_can_be_switched_off_and_deleted(portfolio):
    at = report(portfolio(), "positions", {0: {"enabled": False}}, deleted=[1])
    legs = held(at).document["positions"]
    assert legs[0]["enabled"] is False and [leg["id"] for leg in legs] == ["btc", "p70", "eth", "sol", "spare-hedge"]


def test_discard_goes_back_to_the_last_valid_book(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 0}, 1: {"leverage": 5}})
    at = click(at, "discard positions")
    assert held(at).document == document() and "not in force" not in shown(at)


def test_undo_and_redo_walk_through_the_edits(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 2}})
    at = report(at, "positions", {0: {"quantity": 3}})
    at = click(at, "undo")
    assert held(at).document["positions"][0]["quantity"] == 2
    at = click(at, "undo")
    assert held(at).document == document()
    assert at.button(key="undo").disabled
    at = click(click(at, "redo"), "redo")
    assert held(at).document["positions"][0]["quantity"] == 3
    assert at.button(key="redo").disabled


def test_undo_drops_what_is_not_in_force_first(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 2}})
    at = report(at, "positions", {0: {"quantity": 0}})
    at = click(at, "undo")
    assert held(at).document["positions"][0]["quantity"] == 2 and "not in force" not in shown(at)
    assert held(click(at, "undo")).document == document()


def test_the_history_is_bounded():
    past = history.History({"n": 0})
    for n in range(200):
        past = past.edited({"n": n})
    assert len(past.past) == history.LIMIT and past.past[-1] == {"n": 199}


def test_market_inputs_change_the_book(portfolio):
    at = tab(portfolio(), "Market")
    at = report(at, "underlyings", {0: {"price": 80_000, "daily_volatility": 3.3}})
    at = report(at, "forwards BTC", {0: {"price": 80_100}}, added=[{"expiry": "30OCT26", "price": 80_500}])
    at = report(at, "surface BTC", {0: {"iv": 61.5}}, deleted=[1])
    at = report(at, "assets", {0: {"price": 0.999}})
    at = report(at, "correlation", {0: {"value": 0.9}})
    btc = held(at).document["market"]["underlyings"]["BTC"]
    assert (btc["price"], btc["daily_volatility"]) == (80_000, 0.033)
    assert btc["forwards"][0]["price"] == 80_100
    assert btc["forwards"][-1] == {"expiry": "2026-10-30T08:00:00Z", "price": 80_500}
    assert btc["volatility"][0]["iv"] == 0.615 and len(btc["volatility"]) == 21
    assert held(at).document["market"]["assets"]["USDC"] == 0.999
    assert held(at).document["market"]["correlation"]["BTC/ETH"] == 0.9


def test_a_new_underlying_can_be_held_at_once(portfolio):
    at = report(tab(portfolio(), "Market"), "underlyings", added=[{"name": "DOGE", "price": 0.2}])
    at = report(tab(at, "Positions"), "positions", added=[
        {"kind": "perpetual", "underlying": "DOGE", "settlement": "linear", "quantity": 1_000, "entry_price": 0.21}])
    assert held(at).document["positions"][-1]["id"] == "DOGE-PERP"


def test_the_clock_can_be_set_and_is_checked(portfolio):
    at = tab(portfolio(), "Market")
    clock = next(one for one in at.text_input if one.label == "As of, UTC")
    at = sound(clock.set_value("2026-08-23 10:00").run())
    assert held(at).document["as_of"] == "2026-08-23T10:00:00Z"
    clock = next(one for one in at.text_input if one.label == "As of, UTC")
    at = sound(clock.set_value("2027-08-23").run())
    assert held(at).document["as_of"] == "2026-08-23T10:00:00Z" and "must be after as_of" in shown(tab(at, "Positions"))


def template(at, name, into="This account"):
    opened(at, "template.menu").selectbox(key="template.name").set_value(name).run()
    at.session_state["template.into"] = into
    return click(sound(at.run()), "template.go")


def test_a_template_adds_its_legs_and_undo_takes_them_out(portfolio):
    at = template(portfolio(), "short-strangle")
    assert [leg["id"] for leg in held(at).document["positions"][-2:]] == ["BTC-25SEP26-69000-P", "BTC-25SEP26-87000-C"]
    assert held(at).document["collateral"][0]["amount"] > 30_000
    assert held(click(at, "undo")).document == document()


def test_a_template_starts_a_new_account(portfolio):
    at = template(portfolio(), "iron-condor", "A new account")
    assert held(at).account_id is None and held(at).label == "Iron condor"
    assert len(held(at).document["positions"]) == 4
    assert "Never saved" in shown(at)


def test_a_template_twice_gives_legs_of_other_names(portfolio):
    at = template(template(portfolio(), "cash-and-carry"), "cash-and-carry")
    assert [leg["id"] for leg in held(at).document["positions"][-2:]] == ["BTC-25SEP26", "BTC-25SEP26-2"]


def test_a_position_is_added_by_the_form_at_the_present_mark(portfolio):
    at = opened(portfolio(), "leg.menu")
    at.session_state["leg.kind"], at.session_state["leg.side"] = "option", "Short"
    sound(at.run()).number_input(key="leg.size").set_value(2.0)
    at.number_input(key="leg.strike").set_value(80_000.0)
    at = click(at, "leg.go")
    leg = held(at).document["positions"][-1]
    assert (leg["id"], leg["quantity"], leg["strike"]) == ("BTC-28AUG26-80000-C", -2, 80_000)
    assert leg["entry_price"] > 0


def test_the_form_says_what_is_missing(portfolio):
    at = click(opened(portfolio(), "leg.menu"), "leg.go")
    assert "Quantity must not be 0" in at.warning[0].value.replace("\\", "")
    assert held(at).document == document()


def test_a_sample_is_never_overwritten(portfolio, store):
    before = store.load(sample_id(MIXED))
    at = report(portfolio(), "positions", {0: {"quantity": 2}})
    assert not any(one.key == "save" for one in at.button)
    at = named(at, "My mixed book")
    assert held(at).account_id != sample_id(MIXED) and not held(at).is_sample
    assert store.load(sample_id(MIXED)) == before or store.load(sample_id(MIXED)).version == before.version
    assert store.load(held(at).account_id).account.document["positions"][0]["quantity"] == 2
    assert "Unsaved" not in shown(at) and "draft put aside" not in at.session_state


def test_save_writes_the_next_version_once(portfolio, store):
    at = report(portfolio(own=True), "positions", {0: {"quantity": 2}})
    at = click(at, "save")
    account_id = held(at).account_id
    assert store.load(account_id).version == 2 == held(at).version
    assert at.button(key="save").disabled
    assert len(store.versions(account_id)) == 2


def test_a_double_click_saves_once(portfolio, store):
    at = report(portfolio(own=True), "positions", {0: {"quantity": 2}})
    clicked = held(at)
    at = click(at, "save")
    at.session_state["draft"] = clicked
    at = click(sound(at.run()), "save")
    assert len(store.versions(clicked.account_id)) == 2 and held(at).version == 2


def in_conflict(portfolio, store):
    """Saved by somebody else while this page worked on it, then saved here."""
    at = portfolio(own=True)
    own = held(at)
    theirs = {**own.document, "collateral": [{"asset": "USD", "amount": 7}]}
    store.save(own.account_id, read(json.dumps(theirs)), own.version, f"theirs {own.account_id}")
    return click(report(at, "positions", {0: {"quantity": 2}}), "save")


def test_a_conflict_names_what_differs_and_offers_three_ways(portfolio, store):
    at = in_conflict(portfolio, store)
    told = " ".join(one.value for one in at.markdown).replace("\\", "")
    assert "Not saved, nothing is lost" in told and "version 2" in told
    assert "Stored, version 2 Yours" in " ".join(shown(at).split())
    assert "btc quantity 1.5 2" in " ".join(shown(at).split()) and "USD 7 none" in " ".join(shown(at).split())
    assert {one.key for one in at.button} >= {"conflict.reload", "conflict.overwrite"}
    opened(at, "conflict.copy").text_input(key="conflict.name").set_value("My copy")
    at = click(at, "conflict.copy.go")
    assert store.load(held(at).account_id).account.name == "My copy"
    assert "Not saved" not in " ".join(one.value for one in at.markdown)


def test_overwriting_keeps_theirs_in_the_history(portfolio, store):
    at = click(in_conflict(portfolio, store), "conflict.overwrite")
    assert held(at).version == 3 and store.load(held(at).account_id).account.document["positions"][0]["quantity"] == 2
    assert store.load_version(held(at).account_id, 2).account.document["collateral"] == [{"asset": "USD", "amount": 7}]


def test_reloading_theirs_puts_mine_aside(portfolio, store):
    at = click(in_conflict(portfolio, store), "conflict.reload")
    assert held(at).document["collateral"] == [{"asset": "USD", "amount": 7}]
    at = click(at, "left.back")
    assert held(at).document["positions"][0]["quantity"] == 2


def test_delete_asks_and_can_be_taken_back(portfolio, store):
    at = portfolio(own=True)
    gone = held(at)
    at = click(opened(at, "delete.menu"), "delete.go")
    assert gone.account_id not in {one.id for one in store.list_accounts()}
    assert held(at).account_id != gone.account_id
    at = click(at, "notice.back")
    assert held(at).account_id == gone.account_id and held(at).document == gone.document


def test_rename_is_saved_at_once_when_nothing_else_is_unsaved(portfolio, store):
    at = portfolio(own=True)
    opened(at, "rename.menu").text_input(key="rename.name").set_value("Better name")
    at = click(at, "rename.go")
    assert store.load(held(at).account_id).account.name == "Better name" == held(at).label
    assert "Unsaved" not in shown(at)


def test_opening_another_account_keeps_unsaved_work_at_hand(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 2}})
    opened(at, "open.menu").selectbox(key="open.choice").set_value(sample_id(FILES[0])).run()
    at = click(at, "open.go")
    assert held(at).account_id == sample_id(FILES[0])
    at = click(at, "left.back")
    assert held(at).account_id == sample_id(MIXED) and held(at).document["positions"][0]["quantity"] == 2


def test_export_is_what_the_core_writes(portfolio):
    at = report(portfolio(), "positions", {0: {"quantity": 2}})
    assert exchange.text_of(held(at)) == write(read(json.dumps(held(at).document)))
    assert exchange.file_name("Short strangle / ETH") == "short-strangle-eth.margin.json"


def test_an_import_is_refused_as_a_whole_with_every_problem():
    bad = {**document(), "positions": [{"id": "x"}], "colour": 1}
    with pytest.raises(Refused) as refused:
        exchange.taken(json.dumps(bad).encode())
    assert {problem.path for problem in refused.value.problems} >= {"colour", "positions[0].kind", "positions[0].quantity"}
    with pytest.raises(Refused):
        exchange.taken(b"\xff\xfe")


def test_an_empty_account_says_what_to_do(portfolio):
    at = portfolio()
    at = report(at, "positions", deleted=range(6))
    assert "No positions yet" in at.info[0].value
    at = report(tab(at, "Collateral"), "collateral", deleted=range(3))
    assert "No collateral yet" in at.info[0].value


def test_names_are_shown_as_text(portfolio):
    at = report(portfolio(), "positions", {0: {"id": "<b onclick=x>**a**"}, 1: {"quantity": 0}})
    at = report(at, "positions", {0: {"id": "<b onclick=x>**a**"}, 1: {"id": "<i>x", "quantity": 0}})
    assert not any("<b onclick" in one.proto.body or "<i>x" in one.proto.body for one in at.get("html"))


def test_two_documents_without_a_difference_say_so():
    one = document()
    assert differences.differences(one, document()) == ["No difference"]
    turned = {**one, "positions": one["positions"][::-1]}
    assert differences.differences(one, turned) == ["Nothing but the order of rows"]
