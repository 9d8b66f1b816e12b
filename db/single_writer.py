"""SQLite 3.7.0–3.51.2 can damage a WAL file when two connections write and checkpoint at once (the WAL-reset race).

Inside one process the turns keep them apart. A second process is refused by an advisory lock on a file beside the
store; the system drops that lock when the process ends in whatever way, so nothing stale is left behind.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from db import errors


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the repair: 3.51.3 and later, 3.50.7 and later 3.50s, 3.44.6 and later 3.44s."""
    repaired: dict[tuple[int, ...], tuple[int, ...]] = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
    return version >= repaired.get(version[:2], (3, 51, 3))


@dataclass
class _Held:
    descriptor: int
    holders: int


_held: dict[str, _Held] = {}
_inside = Lock()


class Claim:
    """To be the one process that writes `path`; stores in the same process share it. Raises SecondWriter, NoAccess."""

    def __init__(self, path: Path) -> None:
        self._key = str(path)
        with _inside:
            held = _held.get(self._key) or _Held(_lock(path), 0)
            held.holders += 1
            _held[self._key] = held

    def release(self) -> None:
        """Give the claim back, once; the last one given back lets other processes in."""
        with _inside:
            key, self._key = self._key, ""
            held = _held.get(key)
            if held is None:
                return
            held.holders -= 1
            if not held.holders:
                os.close(held.descriptor)
                del _held[key]


def _lock(path: Path) -> int:
    file = f"{path}.lock"
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise errors.NoAccess(file, fault.strerror or "no access") from fault
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace")
        if holder == str(os.getpid()):
            return descriptor  # this very process holds it: the module was loaded a second time
        os.close(descriptor)
        raise errors.SecondWriter(str(path), holder or "unknown") from fault
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _forget() -> None:
    """A forked child holds no claim; closing its copies leaves the parent's lock as it is."""
    for held in _held.values():
        os.close(held.descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget)
