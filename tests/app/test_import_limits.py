"""Hostile files through the real importers in a process of its own, within 2 s of processor time and 300 MB each.

Each file is read in a fork that the system stops at the limits; what it prints is told by name.
"""

import gc
import json
import os
import resource
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SECONDS, BYTES = 2, 300_000_000
DEEP = '{"a":' * 100_000
LEG = ('{"id": "p%d", "kind": "option", "underlying": "BTC", "settlement": "linear", "type": "call", "strike": %d, '
       '"expiry": "2027-03-26T08:00:00Z", "quantity": 1, "mark_price": -1}')
ACCOUNT = '{"format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "market": {"underlyings": {%s}}, ' \
          '"collateral": [%s], "positions": [%s]}'
BTC = '"BTC": {"price": 90000.0}'
ACCOUNTS = {
    "nested without end": DEEP,
    "nested lists": "[" * 1_000_000,
    "not UTF-8": b"\xff\xfe{}",
    "nul": "\0" * 1_000_000,
    "a number of a million digits": ACCOUNT % (BTC, '{"asset": "USD", "amount": ' + "9" * 1_000_000 + "}", ""),
    "an infinite number": ACCOUNT % (BTC, '{"asset": "USD", "amount": 1e999}', ""),
    "not a number": ACCOUNT % (BTC, '{"asset": "USD", "amount": NaN}', ""),
    "a key a hundred thousand times": "{" + ",".join(['"format": 1'] * 100_000) + "}",
    "a hundred thousand unknown keys": "{" + ",".join(f'"k{i}": {i}' for i in range(100_000)) + "}",
    "5,001 positions": ACCOUNT % (BTC, "", ",".join(LEG % (i, i + 1) for i in range(5_001))),
    "5,000 options without volatility, each with a bad mark": ACCOUNT % (
        BTC, "", ",".join(LEG % (i, i + 1) for i in range(5_000))),
    "one id 5,000 times": ACCOUNT % (BTC, "", ",".join([LEG % (1, 1)] * 5_000)),
    "20,000 nameless underlyings": ACCOUNT % (",".join(f'"\\u0001{i}": {{}}' for i in range(20_000)), "", ""),
    "a surface of one point 20,000 times": ACCOUNT % (
        '"BTC": {"price": 1, "volatility": [' +
        ",".join(['{"expiry": "2027-03-26T08:00:00Z", "strike": 1, "iv": 0.5}'] * 20_000) + "]}", "", ""),
}


def in_a_fork(work):
    """(exit status or signal, what `work` gives as text) of a fork with the limits."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (now + BYTES, now + BYTES))
        os.write(write, work().encode("utf-8", "replace")[:4_000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read().decode("utf-8", "replace")
    return os.waitpid(child, 0)[1], told


def refusal_of_account(content):
    from pages.ui.exchange import taken
    from risk_core.errors import Refused

    try:
        taken(content if isinstance(content, bytes) else content.encode())
    except Refused as refused:
        return str(refused.problems[0])
    return ""


def main():
    """Every hostile file, one JSON line each: name, status, first sentence."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/app")]
    import test_csv_files as tables

    gc.freeze()  # a fork pays for its own file, not for walks over what its parent loaded
    for name, content in ACCOUNTS.items():
        print(json.dumps([f"account: {name}", *in_a_fork(lambda content=content: refusal_of_account(content))]))
    for name, (content, _) in tables.HOSTILE.items():
        print(json.dumps([f"table: {name}", *in_a_fork(lambda content=content: tables.refused(content)[0])]))


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux", reason="limits of a process as Linux has them")
def test_every_hostile_file_is_refused_in_a_sentence_within_the_limits():
    done = subprocess.run([sys.executable, __file__], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) >= 30 + len(ACCOUNTS)
    assert [(name, status) for name, status, told in lines if status or not told.strip() or "\n" in told.strip()] == []


if __name__ == "__main__":
    main()
