"""The guard of `tests/outbound` bites: in this process, in those started from it, and on names as well as addresses."""

import os
import socket
import subprocess
import sys

import pytest

FAR = "192.0.2.1"  # reserved for documents: no machine has it
ATTEMPTS = [
    lambda: socket.create_connection((FAR, 80), 1),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.gethostbyname("example.com"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (FAR, 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((FAR, 1)),
]


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Attempts of this test are noted elsewhere: they are meant."""
    monkeypatch.setenv("OUTBOUND_NOTES", str(tmp_path / "attempts"))
    return tmp_path / "attempts"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_is_stopped_and_noted(notes, attempt):
    with pytest.raises(PermissionError, match="may not reach"):
        attempt()
    assert len(notes.read_text().splitlines()) == 1


def test_an_attempt_of_a_started_process_is_noted_even_when_it_hides_it(notes):
    code = "import urllib.request as r\ntry: r.urlopen('http://192.0.2.1/', timeout=1)\nexcept Exception: pass"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
    assert "192.0.2.1" in notes.read_text()


def test_this_machine_may_be_reached(notes):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 5):
        assert socket.getaddrinfo("localhost", 80)
    assert not notes.exists()
