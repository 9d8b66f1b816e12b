"""First come, first served: the lock around every write transaction on one file, commit included.

SQLite's own busy wait is a lottery; with turns the worst wait stays near the median.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from weakref import WeakValueDictionary

from db import errors

LIMIT_S = 30.0


class Turns:
    """A fair lock. Not re-entrant: a transaction inside a transaction would wait for itself."""

    def __init__(self) -> None:
        self._inside = Lock()
        self._held = False
        self._waiting: deque[Event] = deque()

    @contextmanager
    def taken(self, where: str, limit_s: float = LIMIT_S) -> Iterator[None]:
        """Wait for the turn, at most `limit_s` seconds. Raises Busy."""
        if not self._take(limit_s):
            raise errors.Busy(where)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, limit_s: float) -> bool:
        called = self._queue_up()
        if called is None:
            return True
        try:
            called.wait(limit_s)
        except BaseException:
            if not self._leave(called):
                self._pass_on()
            raise
        return not self._leave(called)

    def _queue_up(self) -> Event | None:
        with self._inside:
            if not self._held:
                self._held = True
                return None
            called = Event()
            self._waiting.append(called)
            return called

    def _leave(self, called: Event) -> bool:
        """True when the wait was given up in time, False when the turn had already been handed over."""
        with self._inside:
            if called.is_set():
                return False
            self._waiting.remove(called)
            return True

    def _pass_on(self) -> None:
        with self._inside:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


_known: WeakValueDictionary[str, Turns] = WeakValueDictionary()
_known_lock = Lock()


def turns_of(where: str) -> Turns:
    """One `Turns` per file in this process, however many stores are open on it."""
    with _known_lock:
        return _known.setdefault(where, Turns())
