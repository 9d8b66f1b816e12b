"""E8: the same file gives the same bytes in every process, for every hash seed and number of threads."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import accounts
from tests.conftest import ROOT
from tests.core.books import DAY, call, document, perpetual, put

HASH_SEEDS, THREADS = (0, 1, 4_294_967_295), (1, 2, 4, 8)
PROCESSES = 3
"""Processes of each hash seed and number of threads."""


def wide_book():
    """Sixty options in five expiries and a perpetual, some of them apart."""
    legs = [make(70.0 + 2.0 * i, (-1.0) ** i * (1 + i % 7), seconds=(7 + 30 * (i % 5)) * DAY,
                 mode="cross" if i % 4 else "isolated") for i in range(30) for make in (call, put)]
    return document([*legs, perpetual(25.0, 101.0)], 900)


@pytest.fixture
def files(tmp_path):
    docs = [wide_book(), *(accounts.random_account(seed) for seed in range(4))]
    names = [str(tmp_path / f"{i}.json") for i in range(len(docs))]
    for name, doc in zip(names, docs, strict=True):
        with open(name, "w", encoding="utf-8") as out:
            json.dump(doc, out)
    return names


def printed(files, seed, threads, program, engine="auto"):
    """What a process of its own prints."""
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "OPENBLAS_NUM_THREADS": str(threads),
                                "NUMEXPR_NUM_THREADS": str(threads), "MARGINSCOPE_ENGINE": engine}
    done = subprocess.run([sys.executable, *program, "evaluate", "--json", *files], cwd=ROOT, env=environment,
                          capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout


# The hash seed is an interpreter's for good. What it has imported is shared by one child for each number of threads, which
# starts with no thread, no kernel and no figure made yet, and prints behind its number of threads.
CHILDREN = """import os, sys
import numexpr
from risk_core.__main__ import main
for threads in (1, 2, 4, 8):
    child = os.fork()
    if not child:
        numexpr.set_num_threads(threads)
        print("threads", numexpr.get_num_threads())
        code = main(sys.argv[1:])
        sys.stdout.flush()
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_N4_E8_byte_identical_over_processes_hash_seeds_and_threads(files):
    with ThreadPoolExecutor(2) as pool:
        seeds = [seed for _ in range(PROCESSES) for seed in HASH_SEEDS]
        printouts = list(pool.map(lambda seed: printed(files, seed, 1, ["-c", CHILDREN]), seeds))
    outputs = [lines.split(b"\n", 1) for out in printouts for lines in out.split(b"threads ")[1:]]
    assert [int(threads) for threads, _ in outputs] == [*THREADS] * (PROCESSES * len(HASH_SEEDS))
    assert {len(lines.splitlines()) for _, lines in outputs} == {len(files)}
    assert len(outputs) == 36 and len({lines for _, lines in outputs}) == 1


EVERY_BLOCK = """import sys
from risk_core import __main__
from risk_core.valuation import black76, blocks
block, crew, black76.LARGE = (int(sys.argv.pop(1)) for _ in range(3))
blocks.BLOCK, blocks.WIDE_BLOCK, blocks.SPREAD, blocks.os.cpu_count = block, block, 1, lambda: crew
sys.exit(__main__.main(sys.argv[1:]))
"""


def test_N3_E8_byte_identical_where_every_option_is_priced_in_small_blocks_over_threads(files):
    plain = printed(files, 0, 1, ["-m", "risk_core"])
    with ThreadPoolExecutor(2) as pool:
        ways = [["-c", EVERY_BLOCK, block, threads, str(10**9)] for block, threads in (("7", "1"), ("37", "8"), ("1000", "2"))]
        assert set(pool.map(lambda way: printed(files, 0, 1, way), ways)) == {plain}


@pytest.mark.parametrize("engine", ["numexpr", "numpy"])
def test_N3_E8_byte_identical_over_threads_where_an_engine_prices_every_option(files, engine):
    ways = [(threads, ["-c", EVERY_BLOCK, block, str(threads), "1"]) for block, threads in (("37", 1), ("1000", 8), ("7", 2))]
    with ThreadPoolExecutor(2) as pool:
        outputs = set(pool.map(lambda way: printed(files, 0, *way, engine), ways))
    assert len(outputs) == 1
    plain, forced = (json.loads(out.splitlines()[0]) for out in (printed(files, 0, 1, ["-m", "risk_core"]), outputs.pop()))
    for mode in plain["modes"]:
        assert forced["modes"][mode]["equity"] == pytest.approx(plain["modes"][mode]["equity"], abs=1e-9)
