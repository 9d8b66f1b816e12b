"""Whether the process is ready for runs of the app: the port opens first, so that browsers load while it warms up."""

from __future__ import annotations

import threading

PATIENCE_S = 60.0

_ready = threading.Event()
_ready.set()


def begin() -> None:
    """From here on runs of the app wait."""
    _ready.clear()


def end() -> None:
    """Runs go ahead, those that wait too."""
    _ready.set()


def wait() -> None:
    """Called by a run before it imports anything: returns once the warm-up is done, at the latest after PATIENCE_S."""
    _ready.wait(PATIENCE_S)
