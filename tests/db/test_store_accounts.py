"""What callers rely on: save, load, history, conflict, delete and restore, one row per request."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from store_books import DOCUMENT, count_of, counted

from db import errors
from db.authors import LONGEST_NAME, NAMELESS, NOBODY, OTHER_TAB, Author
from risk_core.errors import Refused
from risk_core.portfolio.account_file import read, write

ME, ANN = Author("", "here"), Author("Ann", "there")


def own(store):
    return [line for line in store.list_accounts() if not line.is_sample]


def asked(store, query, **values):
    with store.database.reading() as session:
        return session.execute(text(query), values).all()


def test_an_account_comes_back_to_the_letter(either_store):
    account = counted(7, "Ünïcode “desk” 书")
    saved = either_store.save_new(account, "k")
    loaded = either_store.load(saved.id)
    assert (loaded.version, loaded.account.name) == (1, "Ünïcode “desk” 书")
    assert write(loaded.account) == write(account)
    assert loaded.account.digest == account.digest


def test_the_list_tells_what_is_there(either_store):
    before = datetime.now(UTC)
    saved = either_store.save_new(counted(1, "Mine"), "k", description="A note")
    [line] = own(either_store)
    assert (line.id, line.name, line.description, line.version, line.positions) == (saved.id, "Mine", "A note", 1, 2)
    assert before - timedelta(seconds=1) <= line.updated <= datetime.now(UTC) + timedelta(seconds=1)
    assert either_store.list_accounts()[0].id == saved.id  # own accounts before the samples


def test_an_account_without_a_name_is_listed_as_untitled(store):
    document = {key: value for key, value in DOCUMENT.items() if key != "name"}
    saved = store.save_new(read(json.dumps(document)), "k")
    assert own(store)[0].name == "Untitled"
    assert "name" not in store.load(saved.id).account.document


def test_every_save_keeps_the_previous_version(either_store):
    saved = either_store.save_new(counted(0), "k0")
    for number in range(1, 6):
        saved = either_store.save(saved.id, counted(number), saved.version, f"k{number}")
    history = either_store.versions(saved.id)
    assert [line.version for line in history] == [6, 5, 4, 3, 2, 1]
    assert len({line.digest for line in history}) == 6
    assert [count_of(either_store.load_version(saved.id, n).account) for n in range(1, 7)] == [0, 1, 2, 3, 4, 5]


def test_a_conflict_carries_both_versions_and_loses_neither(either_store):
    first = either_store.save_new(counted(0, "Shared"), "k", by=ME)
    theirs = either_store.save(first.id, counted(1, "Shared"), first.version, "theirs", by=ANN)
    mine = counted(2, "Shared")
    with pytest.raises(errors.Conflict) as caught:
        either_store.save(first.id, mine, first.version, "mine", by=ME)
    assert caught.value.mine is mine
    assert (caught.value.seen_version, caught.value.theirs.version) == (1, 2)
    assert write(caught.value.theirs.account) == write(theirs.account)
    assert "“Shared”" in str(caught.value)
    assert "version 2" in str(caught.value)
    assert caught.value.theirs.by == ANN and "saved by “Ann”, as" in str(caught.value)
    over = either_store.save(first.id, mine, caught.value.theirs.version, "mine")  # the user chose to overwrite
    assert count_of(either_store.load(first.id).account) == 2
    assert count_of(either_store.load_version(first.id, over.version - 1).account) == 1


@pytest.mark.parametrize(("by", "told"), [
    (Author("Me", "here"), OTHER_TAB), (Author("", "here"), OTHER_TAB), (ANN, "“Ann”"), (NOBODY, NAMELESS),
    (Author("", "there"), NAMELESS),
])
def test_who_saved_is_told_as_the_reader_knows_him(store, by, told):
    first = store.save_new(counted(0), "k")
    store.save(first.id, counted(1), 1, "theirs", by=by)
    for act in (lambda: store.save(first.id, counted(2), 1, "mine", by=ME), lambda: store.delete(first.id, 1, by=ME),
                lambda: store.rename(first.id, "Other", 1, by=ME)):
        with pytest.raises(errors.Conflict) as caught:
            act()
        assert f"was saved by {told}, as version 2" in str(caught.value)


def test_the_history_keeps_who_saved_each_version(either_store):
    saved = either_store.save_new(counted(0), "k", by=ME)
    either_store.save(saved.id, counted(1), 1, "k2", by=ANN)
    either_store.save(saved.id, counted(2), 2, "k3")
    either_store.rename(saved.id, "Other", 3, by=Author("half \ud800, NUL \x00, two\nlines " + "x" * 200))
    either_store.restore(saved.id, 1, by=ANN)
    *_, third, second, first = either_store.versions(saved.id)
    assert (first.by, second.by, third.by) == (ME, ANN, NOBODY)
    assert either_store.load_version(saved.id, 2).by == ANN and either_store.load(saved.id).by == ANN
    odd = either_store.versions(saved.id)[1].by
    assert odd.name.startswith("half , NUL , two lines x") and len(odd.name) == LONGEST_NAME
    assert either_store.save(saved.id, counted(1), 1, "k2", by=ME).by == ANN  # the request as it was done


@pytest.mark.parametrize("act", [
    lambda store, held: store.delete(held.id, held.version),
    lambda store, held: store.rename(held.id, "Other", held.version),
])
def test_delete_and_rename_conflict_too(store, act):
    first = store.save_new(counted(0), "k")
    store.save(first.id, counted(1), first.version, "k2")
    with pytest.raises(errors.Conflict):
        act(store, first)
    assert count_of(store.load(first.id).account) == 1


def test_delete_keeps_the_history_and_restore_brings_it_back(either_store):
    saved = either_store.save_new(counted(5), "k")
    saved = either_store.save(saved.id, counted(6), saved.version, "k2")
    either_store.delete(saved.id, saved.version)
    assert own(either_store) == []
    assert [line.id for line in either_store.list_deleted()] == [saved.id]
    assert asked(either_store, "SELECT * FROM position WHERE account_id = :id", id=saved.id) == []
    for refused in (
        lambda: either_store.load(saved.id),
        lambda: either_store.save(saved.id, counted(7), 3, "k3"),
        lambda: either_store.delete(saved.id, 3),
    ):
        with pytest.raises(errors.UnknownAccount):
            refused()
    back = either_store.restore(saved.id, 1)
    assert count_of(either_store.load(saved.id).account) == 5
    assert back.version > saved.version
    assert either_store.list_deleted() == []
    assert len(asked(either_store, "SELECT * FROM position WHERE account_id = :id", id=saved.id)) == 2


def test_restore_puts_an_earlier_version_on_top(store):
    saved = store.save_new(counted(1), "k")
    store.save(saved.id, counted(2), 1, "k2")
    assert store.restore(saved.id, 1).version == 3
    assert [count_of(store.load_version(saved.id, n).account) for n in (1, 2, 3)] == [1, 2, 1]


def test_rename_changes_the_name_in_the_file_as_well(either_store):
    saved = either_store.save_new(counted(3, "Before"), "k")
    renamed = either_store.rename(saved.id, "After", saved.version)
    assert renamed.version == 2
    assert own(either_store)[0].name == "After"
    assert either_store.load(saved.id).account.document["name"] == "After"
    assert either_store.load_version(saved.id, 1).account.name == "Before"


def test_unknown_accounts_and_versions_are_named(store):
    saved = store.save_new(counted(0), "k")
    nobody = "00000000-0000-0000-0000-000000000000"
    for refused in (
        lambda: store.load(nobody),
        lambda: store.save(nobody, counted(0), 1, "x"),
        lambda: store.delete(nobody, 1),
        lambda: store.rename(nobody, "x", 1),
        lambda: store.versions(nobody),
    ):
        with pytest.raises(errors.UnknownAccount, match=nobody):
            refused()
    for account_id in (saved.id, nobody):
        with pytest.raises(errors.UnknownVersion, match="no version 9"):
            store.restore(account_id, 9)


def test_the_same_request_makes_one_row(either_store):
    first = either_store.save_new(counted(1), "click")
    assert either_store.save_new(counted(1), "click").id == first.id
    saved = either_store.save(first.id, counted(2), 1, "save")
    again = either_store.save(first.id, counted(2), 1, "save")  # a retry after a lost answer is no conflict
    assert (saved.version, again.version, saved.saved_ms) == (2, 2, again.saved_ms)
    assert len(own(either_store)) == 1
    assert len(either_store.versions(first.id)) == 2


def test_the_same_request_from_eight_threads_makes_one_row(either_store):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: either_store.save_new(counted(1), "click"), range(16)))
    assert len({line.id for line in made}) == 1
    assert len(own(either_store)) == 1


def test_a_request_key_used_for_other_content_is_refused(store):
    first = store.save_new(counted(1), "key")
    with pytest.raises(errors.RequestReused):
        store.save(first.id, counted(2), 1, "key")
    assert len(store.versions(first.id)) == 1


def test_a_clock_set_back_does_not_stop_a_save(store, monkeypatch):
    first = store.save_new(counted(1), "key")
    monkeypatch.setattr("db.writes.now_ms", lambda: 1)
    assert store.save(first.id, counted(2), 1, "later").saved_ms == first.saved_ms


def test_books_can_be_asked_across_accounts(either_store):
    saved = either_store.save_new(counted(12), "k")
    legs = asked(either_store, "SELECT * FROM position WHERE account_id = :id ORDER BY ordinal", id=saved.id)
    perp, call = (dict(leg._mapping) for leg in legs)
    assert (perp["quantity"], perp["entry_price"], perp["leverage"], perp["isolated_margin"], perp["mode"]) == (
        "0.8", "90250.5", "10", "1900.25", "isolated")
    assert (perp["strike"], perp["iv"], perp["expiry_ms"], perp["enabled"]) == ("", "", 0, 1)
    assert (call["strike"], call["option_type"], call["quantity"], call["mode"], call["enabled"]) == (
        "105000", "call", "-3", "cross", 0)
    assert call["expiry_ms"] == int(datetime(2026, 12, 25, 8, tzinfo=UTC).timestamp() * 1000)
    assert asked(either_store, "SELECT asset, amount FROM balance WHERE account_id = :id", id=saved.id) == [("USD", "12")]


def test_legs_and_balances_follow_every_save(store):
    saved = store.save_new(counted(1), "k")
    store.save(saved.id, read(json.dumps({**DOCUMENT, "positions": [], "collateral": []})), 1, "k2")
    assert asked(store, "SELECT * FROM position WHERE account_id = :id", id=saved.id) == []
    assert asked(store, "SELECT * FROM balance WHERE account_id = :id", id=saved.id) == []


def test_what_no_database_can_hold_is_refused_and_what_only_one_cannot_is_kept(either_store):
    half = {**DOCUMENT, "name": "half " + chr(0xD800)}
    with pytest.raises(Refused):  # at the door already
        read(json.dumps(half))
    with pytest.raises(errors.NotStorable):  # and by the store, wherever it comes from
        either_store.save_new(replace(counted(1), document=half), "k")
    saved = either_store.save_new(read(json.dumps({**DOCUMENT, "name": "nul \x00"})), "k")
    assert either_store.load(saved.id).account.name == "nul \x00"
    assert own(either_store)[0].name == "nul \ufffd"
