"""The sample accounts: there once, never over a user's edit, and each opens."""

import json
import logging

from store_books import DOCUMENT, counted

from db import samples
from db.store import open_store


def listed(store):
    return [line for line in store.list_accounts() if line.is_sample]


def test_a_new_store_holds_every_sample_in_name_order(store):
    files = sorted(samples.SAMPLES.glob("*.margin.json"))
    assert [line.id for line in listed(store)] == [samples.sample_id(file) for file in files]
    for line in listed(store):
        assert store.load(line.id).account.name == line.name
        assert line.version == 1


def test_opening_again_changes_nothing(store, url):
    before = listed(store)
    open_store(url).close()
    assert listed(store) == before


def test_edited_and_deleted_samples_are_left_alone(store, url):
    first, second, *rest = listed(store)
    store.save(first.id, counted(1, "My edit"), 1, "k")
    store.delete(second.id, 1)
    again = open_store(url)
    assert [line.id for line in listed(again)] == [first.id, *(line.id for line in rest)]
    assert again.load(first.id).account.name == "My edit"
    again.close()


def test_a_sample_new_in_this_release_is_added_and_a_bad_one_left_out(store, tmp_path, caplog):
    (tmp_path / "02-new.margin.json").write_text(json.dumps({**DOCUMENT, "name": "New"}))
    (tmp_path / "03-bad.margin.json").write_text("{}")
    (tmp_path / "descriptions.toml").write_text('[samples.new]\ndescription = "What it shows."\n')
    before = len(listed(store))
    with caplog.at_level(logging.WARNING):
        samples.add_missing(store.database, tmp_path)
        samples.add_missing(store.database, tmp_path)
    assert "03-bad.margin.json" in caplog.text
    [new] = [line for line in listed(store) if line.name == "New"]
    assert new.description == "What it shows."
    assert len(listed(store)) == before + 1


def test_samples_without_descriptions(store, tmp_path):
    (tmp_path / "plain.margin.json").write_text(json.dumps({**DOCUMENT, "name": "Plain"}))
    samples.add_missing(store.database, tmp_path)
    assert [line.description for line in listed(store) if line.name == "Plain"] == [""]


def test_samples_keep_their_identity_when_renumbered(tmp_path):
    assert samples.sample_id(tmp_path / "03-collar.margin.json") == samples.sample_id(tmp_path / "07-collar.margin.json")
    assert samples.slug(tmp_path / "plain.margin.json") == "plain"
