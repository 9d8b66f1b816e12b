"""SQL in every text field and in every key that is looked up: kept as text, found by nobody, no statement changed."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import event, inspect
from store_books import DOCUMENT

from db import errors
from risk_core.portfolio.account_file import read

PAYLOADS = [
    "' OR 1=1 --", "' OR '1'='1", "\" OR \"\"=\"", "'; DROP TABLE account; --", "'; DELETE FROM account_version; --",
    "x'); DROP TABLE position; --", "1; UPDATE account SET name = 'owned'", "' UNION SELECT body FROM account --",
    "') UNION ALL SELECT NULL, NULL --", "admin'--", "admin' #", "admin'/*", "*/ OR /*", "%", "_", "%%'%%", "\\", "\\'",
    "'||(SELECT body FROM account)||'", "${jndi:x}", ":name", "%(name)s", "%s", "?", "{0}", "`; DROP TABLE account`",
    "[account]", "'; ATTACH DATABASE '/tmp/x' AS y; --", "'; SELECT pg_sleep(5); --", "'; PRAGMA writable_schema=ON; --",
    "1' AND randomblob(1000000000) --", "$$; DROP TABLE account; $$", "'; COPY account TO '/tmp/x'; --", "\u02bc OR 1=1 --",
    "＇ OR 1=1 --", "a\u0000'; DROP TABLE account; --",
]
HARMLESS = "harmless"


def document(word):
    """An account with the word wherever a file has free text."""
    named = word.replace("\x00", "")  # names of legs and assets hold no control characters
    perp, call = DOCUMENT["positions"]
    return {**DOCUMENT, "name": word, "market": {"underlyings": {named: DOCUMENT["market"]["underlyings"]["BTC"]}},
            "collateral": [{"asset": "USD", "amount": 1}],
            "positions": [{**perp, "id": named, "underlying": named}, {**call, "id": f"{named} 2", "underlying": named}]}


@contextmanager
def statements(store):
    """The SQL texts sent meanwhile, in order."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(store.database.engine, "before_cursor_execute", note)


def looked_up(store, word):
    """The word as every key and filter: nothing is found by it."""
    for refused, kind in (
        (lambda: store.load(word), errors.UnknownAccount), (lambda: store.versions(word), errors.UnknownAccount),
        (lambda: store.load_version(word, 1), errors.UnknownVersion), (lambda: store.restore(word, 1), errors.UnknownVersion),
        (lambda: store.delete(word, 1), errors.UnknownAccount), (lambda: store.rename(word, "x", 1), errors.UnknownAccount),
        (lambda: store.save(word, read(json.dumps(document(HARMLESS))), 1, ""), errors.UnknownAccount),
        (lambda: store.own_rulebooks.save(f"{word} ", "generic", {}, word), errors.UnknownRulebook),
    ):
        with pytest.raises(kind) as told:
            refused()
        assert "\n" not in str(told.value)
    assert store.drafts.find(word) is None
    store.drafts.drop(word)
    store.own_rulebooks.delete(word)


def kept(store, word):
    """The word in every text field, read back to the letter."""
    account, plain = read(json.dumps(document(word))), word.replace("\x00", "\ufffd")
    saved = store.save_new(account, f"key {word}".replace("\x00", ""), description=plain)
    saved = store.rename(saved.id, f"{word} renamed", saved.version)
    back = store.load(saved.id).account.document
    assert back == {**document(word), "name": f"{word} renamed"}
    [line] = [line for line in store.list_accounts() if line.id == saved.id]
    assert (line.name, line.description) == (f"{plain} renamed", plain)
    draft = json.dumps({"key": word})
    store.drafts.keep("draft-of-one-browser-tab", draft)
    assert store.drafts.find("draft-of-one-browser-tab") == draft
    store.drafts.drop("draft-of-one-browser-tab")
    own = store.own_rulebooks.save(f"{word} rules", f"{plain} base", {word: {word: word}})
    assert own in store.own_rulebooks.list_all() and own.override == {word: {word: word}}
    store.own_rulebooks.delete(own.id)
    store.delete(saved.id, saved.version)


def texts_free(word):
    return word.replace("\x00", "")


def test_thirty_payloads_in_every_field_and_filter_change_no_statement(either_store):
    assert len(PAYLOADS) >= 30
    with either_store.database.engine.connect() as connection:
        tables = sorted(inspect(connection).get_table_names())
    with statements(either_store) as expected:
        kept(either_store, HARMLESS)
        looked_up(either_store, HARMLESS)
    there = [(line.id, line.digest, line.version) for line in either_store.list_accounts()]
    for word in PAYLOADS:
        with statements(either_store) as sent:
            kept(either_store, word)
            looked_up(either_store, texts_free(word))
        assert sent == expected, word
    assert [(line.id, line.digest, line.version) for line in either_store.list_accounts()] == there
    assert len(either_store.list_deleted()) == len(PAYLOADS) + 1
    with either_store.database.engine.connect() as connection:
        assert sorted(inspect(connection).get_table_names()) == tables
