"""Rulebooks of the user's own in the store: kept, replaced, refused in one sentence, deleted; on both databases."""

import pytest
from sqlalchemy import text

from db import errors, own_rulebooks
from db.store import open_store

OVERRIDE = {"portfolio": {"moves": [-0.2, 0.0, 0.2]}, "collateral": {"haircuts": {"BTC": 0.1}}}


def test_one_is_kept_and_comes_back_to_the_letter(either_store):
    books = either_store.own_rulebooks
    assert books.list_all() == []
    made = books.save("  House – “ü” ", "generic", OVERRIDE)
    assert books.list_all() == [made]
    assert (made.name, made.base, made.override) == ("House – “ü”", "generic", OVERRIDE)
    assert len(made.digest) == 64 and made.updated.tzinfo is not None


def test_one_is_replaced_and_renamed(either_store):
    books = either_store.own_rulebooks
    made = books.save("House", "generic", OVERRIDE)
    after = books.save("House 2", "generic", {}, made.id)
    assert books.list_all() == [after] and after.id == made.id
    assert after.override == {} and after.digest != made.digest and after.updated >= made.updated


def test_a_name_is_taken_once(either_store):
    books = either_store.own_rulebooks
    first, second = books.save("A", "generic", {}), books.save("B", "generic", OVERRIDE)
    for attempt in (lambda: books.save("A", "generic", OVERRIDE), lambda: books.save("A ", "generic", {}, second.id)):
        with pytest.raises(errors.RulebookNameTaken, match="“A” is a rulebook of yours already"):
            attempt()
    assert books.list_all() == [first, second]
    assert books.save("A", "generic", OVERRIDE, first.id).override == OVERRIDE


def test_a_deleted_one_is_gone_and_cannot_be_replaced(either_store):
    books = either_store.own_rulebooks
    made = books.save("A", "generic", {})
    books.delete(made.id)
    books.delete(made.id)
    assert books.list_all() == []
    with pytest.raises(errors.UnknownRulebook, match="deleted meanwhile"):
        books.save("A", "generic", {}, made.id)
    assert books.list_all() == []


@pytest.mark.parametrize(("name", "override", "words"), [
    ("", {}, "1 to 80 characters"), ("   ", {}, "1 to 80 characters"), ("n" * 81, {}, "1 to 80 characters"),
    ("\ud800", {}, "half a character"), ("n", {"a": "x" * own_rulebooks.LONGEST}, "more than 200,000 characters"),
])
def test_what_cannot_be_kept_is_told_in_one_sentence(either_store, name, override, words):
    with pytest.raises(errors.RulebookRefused, match=words) as refused:
        either_store.own_rulebooks.save(name, "generic", override)
    assert "\n" not in str(refused.value) and str(refused.value).endswith(".")
    assert either_store.own_rulebooks.list_all() == []


def test_a_damaged_one_is_named_and_the_others_are_shown(store):
    books = store.own_rulebooks
    kept, broken = books.save("A", "generic", {}), books.save("B", "generic", OVERRIDE)
    with store.database.writer.begin() as connection:
        connection.execute(text("UPDATE own_rulebook SET override = '{\"x\": 1}' WHERE id = :id"), {"id": broken.id})
    assert books.list_all() == [kept] and books.damaged() == [(broken.id, "B")]


def test_they_survive_a_restart(url):
    first = open_store(url)
    made = first.own_rulebooks.save("A", "generic", OVERRIDE)
    first.close()
    second = open_store(url)
    assert second.own_rulebooks.list_all() == [made]
    second.close()
