"""The app as `make run` starts it, on a free port with a store of its own."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0


@dataclass(frozen=True)
class Server:
    """One running server. started: `time.monotonic` before its process began."""

    address: str
    process: subprocess.Popen
    started: float

    @property
    def cpu(self):
        """Processor seconds of all its threads so far, ended ones too; Linux only."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    @property
    def memory(self):
        """Resident megabytes; Linux only."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def served(*, wait=True):
    """A server with the samples and nothing else, gone with its store afterwards. wait: until it answers."""
    with tempfile.TemporaryDirectory(prefix="marginscope-bench-") as folder:
        server = _start(Path(folder))
        try:
            if wait:
                until_up(server)
            yield server
        finally:
            server.process.terminate()
            server.process.wait(20)


def _start(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "serve.py"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'app.db'}", "PORT": str(port)})
    return Server(f"http://127.0.0.1:{port}", process, began)


def until_up(server):
    """Raises RuntimeError when the server stops or stays silent."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(server.address + "/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server at {server.address} did not come up")
