"""Which SQLite may be trusted with two writing processes, and how a second one is refused where it may not."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from db import errors, single_writer
from db.single_writer import Claim, wal_is_safe
from db.store import open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("version", "safe"), [
    ((3, 7, 0), False), ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 44, 9), True),
    ((3, 45, 0), False), ((3, 49, 99), False), ((3, 50, 0), False), ((3, 50, 6), False), ((3, 50, 7), True),
    ((3, 50, 8), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 52, 0), True),
    ((3, 54, 1), True), ((4, 0, 0), True),
])
def test_repaired_versions(version, safe):
    assert wal_is_safe(version) is safe


CLAIM = "import sys; from pathlib import Path; from db.single_writer import Claim; Claim(Path(sys.argv[1])); {then}"


def another_process(path, then="print('in')"):
    return subprocess.Popen([sys.executable, "-c", CLAIM.format(then=then), str(path)], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_second_writing_process_is_refused_in_one_sentence(tmp_path):
    claims = [Claim(tmp_path / "x.db"), Claim(tmp_path / "x.db")]  # the same process may claim again
    refused = another_process(tmp_path / "x.db")
    _, said = refused.communicate()
    assert refused.returncode
    assert "in use by another Marginscope (process " in said.splitlines()[-1]
    claims[0].release()
    claims[0].release()  # twice counts once
    assert another_process(tmp_path / "x.db").wait()
    claims[1].release()
    assert another_process(tmp_path / "x.db").communicate()[0] == "in\n"


def test_a_killed_process_leaves_no_claim_behind(tmp_path):
    holder = another_process(tmp_path / "x.db", "print('in', flush=True); import time; time.sleep(60)")
    assert holder.stdout.readline() == "in\n"
    with pytest.raises(errors.SecondWriter, match=str(holder.pid)):
        Claim(tmp_path / "x.db")
    holder.kill()
    holder.communicate()
    Claim(tmp_path / "x.db").release()


def test_a_fork_does_not_keep_the_claim_alive(tmp_path):
    then = ("import os, time; child = os.fork();\n"
            "if not child: print(os.getpid(), flush=True)\n"
            "time.sleep(60)")
    holder = another_process(tmp_path / "x.db", then)
    child = int(holder.stdout.readline())
    holder.kill()
    holder.wait()
    try:
        Claim(tmp_path / "x.db").release()
    finally:
        subprocess.run(["kill", "-9", str(child)], check=True)
        holder.communicate()


def test_a_module_loaded_twice_is_still_the_same_process(tmp_path):
    spec = importlib.util.spec_from_file_location("again", single_writer.__file__)
    again = importlib.util.module_from_spec(spec)
    sys.modules["again"] = again
    spec.loader.exec_module(again)
    first, second = Claim(tmp_path / "x.db"), again.Claim(tmp_path / "x.db")
    second.release()
    assert another_process(tmp_path / "x.db").wait()
    first.release()


def test_a_lock_file_that_cannot_be_opened(tmp_path):
    (tmp_path / "x.db.lock").mkdir()
    with pytest.raises(errors.NoAccess, match=r"x\.db\.lock"):
        Claim(tmp_path / "x.db")


def test_an_affected_sqlite_opens_single_writer(url, monkeypatch, path):
    monkeypatch.setattr("db.opening.wal_is_safe", lambda _: False)
    first, second = open_store(url), open_store(url)
    assert another_process(path).wait()
    first.close()
    assert another_process(path).wait()
    second.close()
    assert another_process(path).communicate()[0] == "in\n"


def test_a_repaired_sqlite_needs_no_claim(url, monkeypatch, path):
    monkeypatch.setattr("db.opening.wal_is_safe", lambda _: True)
    store = open_store(url)
    assert store.database.claim is None
    assert another_process(path).communicate()[0] == "in\n"
    store.close()
