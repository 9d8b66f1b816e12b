"""Stores as files on disk, whole and spoilt, for the tests of opening and upgrading."""

import hashlib
import os
import random

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
