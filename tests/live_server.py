"""The app as `make run` starts it, for tests that need the real server: on a free port, with a store of its own."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Server:
    """address: of the running server; `log` is everything it wrote."""

    def __init__(self, folder, **environment):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.file = folder / "server.log"
        with self.file.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "serve.py"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'app.db'}", "PORT": str(self.port), **environment})

    @property
    def log(self):
        return self.file.read_text("utf-8")

    def ask(self, path, method="GET", **headers):
        """Status and headers as they came, [(name, value)], names small."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read() if answer.status != 101 else None
        connection.close()
        return answer.status, [(name.lower(), value) for name, value in answer.getheaders()]

    def wait_until_up(self, patience_s=60.0):
        end = time.monotonic() + patience_s
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.ask("/_stcore/health")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"the server did not come up:\n{self.log}")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@contextmanager
def running(folder, **environment):
    server = Server(folder, **environment)
    try:
        yield server.wait_until_up()
    finally:
        server.stop()
