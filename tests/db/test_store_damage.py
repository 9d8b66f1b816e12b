"""A flipped bit in one account is told by name; the others open."""

import hashlib
import random
import sqlite3

import pytest
from store_books import count_of, counted

from db import errors


def change(path, statement, *values):
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize("harm", [
    "UPDATE account SET body = replace(body, '90250.5', '90251.5') WHERE id = ?",
    "UPDATE account SET digest = replace(digest, substr(digest, 1, 1), 'f') || '' WHERE id = ? AND digest NOT LIKE 'f%'",
    "UPDATE account SET body = substr(body, 1, 40) || CAST(x'ff' AS TEXT) || substr(body, 42) WHERE id = ?",
])
def test_a_damaged_text_names_its_account_while_others_open(store, path, harm):
    bad = next(
        saved for saved in (store.save_new(counted(n, "Bad desk"), f"b{n}") for n in range(9))
        if not next(line for line in store.list_accounts() if line.id == saved.id).digest.startswith("f")
    )
    good = store.save_new(counted(2, "Good desk"), "g")
    change(path, harm, bad.id)
    with pytest.raises(errors.Damaged, match="“Bad desk”") as caught:
        store.load(bad.id)
    assert caught.value.account_id == bad.id
    assert count_of(store.load(good.id).account) == 2
    assert {bad.id, good.id} <= {line.id for line in store.list_accounts()}
    store.restore(bad.id, 1)
    assert store.load(bad.id).account.name == "Bad desk"


def test_a_damaged_version_is_told_and_not_restored(store, path):
    saved = store.save_new(counted(1), "k")
    store.save(saved.id, counted(2), 1, "k2")
    change(path, "UPDATE account_version SET body = body || ' ' WHERE account_id = ? AND version = 1", saved.id)
    for refused in (lambda: store.load_version(saved.id, 1), lambda: store.restore(saved.id, 1)):
        with pytest.raises(errors.Damaged, match="version 1"):
            refused()
    assert count_of(store.load(saved.id).account) == 2


def test_a_text_that_this_release_refuses_says_why(store, path):
    saved = store.save_new(counted(1, "Old rules"), "k")
    body = '{"format": "marginscope-account/1"}'
    change(path, "UPDATE account SET body = ?, digest = ? WHERE id = ?", body,
           hashlib.sha256(body.encode()).hexdigest(), saved.id)
    with pytest.raises(errors.Unreadable, match="“Old rules”.*as_of"):
        store.load(saved.id)


def test_random_flips_in_the_bodies_are_all_found(store, path):
    """Of 60 single-bit flips inside one stored text every one is reported, none served."""
    rng = random.Random(14)
    saved = store.save_new(counted(1), "k")
    [(whole,)] = sqlite3.connect(path).execute("SELECT CAST(body AS BLOB) FROM account WHERE id = ?", (saved.id,))
    for _ in range(60):
        flipped = bytearray(whole)
        flipped[rng.randrange(1, len(whole) - 2)] ^= 1 << rng.randrange(8)
        change(path, "UPDATE account SET body = CAST(? AS TEXT) WHERE id = ?", bytes(flipped), saved.id)
        with pytest.raises(errors.Damaged):
            store.load(saved.id)
