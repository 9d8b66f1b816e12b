"""A PostgreSQL server for the tests: the one TEST_DATABASE_URL names, else one of its own where the programs are there."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

DEBIAN = "/usr/lib/postgresql"
"""Where Debian keeps the programs, by version, outside PATH."""
OWNER = "postgres"
"""Who runs the server when the tests run as root, which it refuses."""


def programs():
    """The folder of `initdb` and `pg_ctl`, the newest there is; None without."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path(DEBIAN).glob("*/bin"), key=lambda one: one.parent.name)
    return next((one for one in reversed(folders) if (one / "pg_ctl").exists()), None)


@contextmanager
def server():
    """The address of a server where databases may be made; None where there is none."""
    given, folder = os.environ.get("TEST_DATABASE_URL"), programs()
    if given or folder is None:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="marginscope-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if os.geteuid() == 0:
        shutil.chown(home, OWNER)
    try:
        run(folder / "initdb", "-D", home / "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(folder / "pg_ctl", "-D", home / "data", "-o", options, "-l", home / "log", "-w", "start")
        try:
            yield f"postgresql+psycopg://{OWNER}@127.0.0.1:{port}/postgres"
        finally:
            run(folder / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def run(*command):
    """One program of PostgreSQL, never as root. Raises CalledProcessError with what it said."""
    before = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
    subprocess.run([*before, *map(str, command)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120)
