"""No test and no process a test starts reaches another machine: whoever tries is stopped, and the attempt is noted.

Python loads this file at its start where the folder is on PYTHONPATH; `tests/conftest.py` sees to both. What is noted
goes to the file named by OUTBOUND_NOTES. Drivers written in C (PostgreSQL's) are not seen from here.
"""

import os
import sys
from ipaddress import ip_address

NOTES = "OUTBOUND_NOTES"
_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKING_UP = {"socket.getaddrinfo", "socket.gethostbyname"}


def is_here(host):
    """True for loopback and for no host at all."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event, arguments):
    if event in _CONNECTING:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in _LOOKING_UP:
        host = arguments[0]
    else:
        return
    if not is_here(host):
        if os.environ.get(NOTES):
            with open(os.environ[NOTES], "a", encoding="utf-8") as notes:
                notes.write(f"{event} {host} from process {os.getpid()}: {' '.join(sys.argv[:3])}\n")
        raise PermissionError(f"a test may not reach {host}")


if not getattr(sys, "outbound_watched", False):
    sys.outbound_watched = True
    sys.addaudithook(_watch)
