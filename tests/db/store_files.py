"""Stores as files on disk, whole and spoilt, for the tests of opening and upgrading."""

import hashlib
import os
import random
import sqlite3

from store_books import counted

from db.store import open_store


def fingerprint(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else sorted(os.listdir(path))


def saved(path):
    store = open_store(f"sqlite:///{path}")
    held = store.save_new(counted(1), "k")
    store.close()
    return held


def scrambled(path):
    saved(path)
    content = bytearray(path.read_bytes())
    content[4096:16384] = random.Random(1).randbytes(12288)
    path.write_bytes(content)


def freelist(path):
    saved(path)
    content = bytearray(path.read_bytes())
    content[36:40] = (7).to_bytes(4, "big")  # claims free pages that are not there
    path.write_bytes(content)


def text_file(path):
    path.write_text("id,name\n1,x\n" * 40)


def short_text(path):
    path.write_text("hello")


def zero_bytes(path):
    path.write_bytes(b"")


def folder(path):
    path.mkdir()


def foreign(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()


def foreign_in_wal(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE account (id)")
    connection.close()


def half(path):
    saved(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def newer(path):
    saved(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()


def raised(fault):
    raise fault


def as_another_user(work):
    """Run `work` where file modes count, also when the tests run as root. Returns what it returned, as text."""
    if os.geteuid():
        return work()
    end, start = os.pipe()
    if not os.fork():
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(start, work().encode())
        finally:
            os._exit(0)
    os.close(start)
    with os.fdopen(end) as told:
        said = told.read()
    os.wait()
    return said
