"""Unsaved work in the store: kept, replaced, bounded, forgotten; on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from db import drafts, errors
from db.rows import DraftRow


def key(number=0):
    return f"draft-key-{number:08d}"


def count(store):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(DraftRow))


def test_a_draft_is_kept_replaced_and_dropped(either_store):
    kept = either_store.drafts
    assert kept.find(key()) is None
    kept.keep(key(), '{"a": "“ü”"}')
    assert kept.find(key()) == '{"a": "“ü”"}'
    kept.keep(key(), "{}")
    assert kept.find(key()) == "{}" and count(either_store) == 1
    kept.drop(key())
    kept.drop(key())
    assert kept.find(key()) is None


def test_only_the_newest_are_kept(either_store, monkeypatch):
    monkeypatch.setattr(drafts, "NEWEST", 5)
    clock = iter(range(drafts.LIFETIME_MS, drafts.LIFETIME_MS + 1000))
    monkeypatch.setattr(drafts, "now_ms", lambda: next(clock))
    for number in range(8):
        either_store.drafts.keep(key(number), "{}")
    either_store.drafts.keep(key(3), "{ }")
    either_store.drafts.keep(key(8), "{}")
    found = [number for number in range(9) if either_store.drafts.find(key(number))]
    assert found == [3, 5, 6, 7, 8] and count(either_store) == 5


def test_a_draft_expires(either_store, monkeypatch):
    now = [10 * drafts.LIFETIME_MS]
    monkeypatch.setattr(drafts, "now_ms", lambda: now[0])
    either_store.drafts.keep(key(1), "{}")
    now[0] += drafts.LIFETIME_MS - 1
    assert either_store.drafts.find(key(1)) == "{}"
    now[0] += 1
    assert either_store.drafts.find(key(1)) is None
    either_store.drafts.keep(key(2), "{}")
    assert count(either_store) == 1


def test_a_clock_set_back_does_not_lose_the_draft(either_store, monkeypatch):
    now = [10 * drafts.LIFETIME_MS]
    monkeypatch.setattr(drafts, "now_ms", lambda: now[0])
    either_store.drafts.keep(key(), "{}")
    now[0] -= 1000
    either_store.drafts.keep(key(), "{ }")
    assert either_store.drafts.find(key()) == "{ }"


def test_a_draft_too_long_is_refused_and_the_earlier_one_stays(either_store):
    either_store.drafts.keep(key(), "{}")
    with pytest.raises(errors.DraftTooLong, match="save it"):
        either_store.drafts.keep(key(), "x" * (drafts.LONGEST + 1))
    assert either_store.drafts.find(key()) == "{}"


def test_a_key_anybody_types_finds_nothing(either_store):
    for text in ("", "x", "' OR 1=1 --", "k" * 10_000, "%", "ü" * 20):
        assert either_store.drafts.find(text) is None


def test_many_tabs_at_once(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.drafts.keep(key(number % 10), f'{{"n": {number}}}'), range(80)))
    assert count(store) == 10


def test_drafts_survive_a_restart(url):
    from db.store import open_store

    first = open_store(url)
    first.drafts.keep(key(), "{}")
    first.close()
    second = open_store(url)
    assert second.drafts.find(key()) == "{}"
    second.close()
