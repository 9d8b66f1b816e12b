"""For every test: profiles of the property tests, and no way out to other machines.

Each stop runs a fixed set of 60 examples a law, HYPOTHESIS_PROFILE=nightly 2,000 random ones, and every combination.
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

settings.register_profile("stop", derandomize=True, max_examples=60, deadline=None, database=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", max_examples=2_000, deadline=None, print_blob=True,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "stop"))

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
"""Whether every combination is run: at a stop tests take some of each."""


def nightly(reason):
    """Leaves a test to the night, for a reason such as what tells the same at each stop."""
    return pytest.mark.skipif(not NIGHTLY, reason=f"nightly: {reason}")


FIRST = ("browser", "db")
"""Folders whose files begin first, being the longest: what is left for the end is short, so that no worker idles there."""
UNTRACED = ("app", "browser")
"""Folders below tests/ whose runs do not count as coverage."""
LONG = ("test_against_oracle", "test_determinism", "test_search", "test_store_interrupts", "test_store_kill",
        "test_store_power_cut", "test_store_threads")
"""Files whose cases, hundreds alike or of thousands of steps, do not either."""
TRACED = 3
"""How many cases of one test count as coverage: a hundred more of the same kind reach little that these do not."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Coverage counts what single cases reach; tracing makes the core three times as slow, so most cases go without.

    Laws on drawn books, whole pages and further cases of a test are run untraced: the figure is a lower bound.
    """
    in_memory(config)
    config.addinivalue_line("markers", "no_cover: runs without the tracing of coverage")


def folder_of(item):
    return Path(item.path).relative_to(ROOT / "tests").parts[0]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST.index(folder_of(item)) if folder_of(item) in FIRST else len(FIRST))
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        one = str(item.path), getattr(item, "originalname", item.name)
        cases[one] += 1
        is_long = folder_of(item) in UNTRACED or Path(item.path).stem in LONG
        if cases[one] > TRACED or is_long or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("no_cover")


OUTBOUND = ROOT / "tests" / "outbound"
NOTES = "OUTBOUND_NOTES"
IS_FIRST = NOTES not in os.environ
"""Whether this process opened the file of attempts, and so looks into it at the end."""


def stay_here():
    """Blocks ways out in this process and in those it starts; the first process makes the file of attempts."""
    if IS_FIRST:
        os.environ[NOTES] = str(Path(tempfile.mkdtemp(prefix="outbound-")) / "attempts")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(OUTBOUND), os.environ.get("PYTHONPATH"))))
    spec = importlib.util.spec_from_file_location("outbound_watch", OUTBOUND / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


stay_here()


MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes free in memory from which on the tests' files live there: what a disk takes to write them is nobody's subject."""


def in_memory(config):
    """Put the temporary folders of a run into memory where there is room."""
    if not hasattr(config, "workerinput") and not config.option.basetemp and os.access(MEMORY, os.W_OK) \
            and shutil.disk_usage(MEMORY).free >= ROOM:
        config.option.basetemp = tempfile.mkdtemp(prefix="marginscope-", dir=MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """The run fails when anything tried to leave, also when whoever tried went on as if nothing had happened."""
    notes = Path(os.environ[NOTES])
    if not IS_FIRST:
        return
    if not notes.exists():
        shutil.rmtree(notes.parent, ignore_errors=True)
    else:
        print(f"\nOutbound attempts, see tests/outbound:\n{notes.read_text('utf-8')}", file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
