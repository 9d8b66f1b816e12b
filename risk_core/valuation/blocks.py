"""Elementwise functions of large arrays: in blocks that stay in the processor's cache, spread over threads.

scipy's and numpy's loops run without the interpreter lock, so threads of one process share the cores. Each cell is
computed by the same operations whatever the blocks and however many threads there are: bits depend on neither.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats

BLOCK = 1 << 14
"""Cells of a block: the five arrays of a Black-76 price then stay in a core's cache of second level."""
WIDE_BLOCK = 1 << 16
"""Cells of a block of a function of many short loops: threads meet at the interpreter lock between any two of them."""
SPREAD = 1 << 18
"""Cells from which threads save more than waiting for the last of them may cost on a busy machine."""

_crew: list[ThreadPoolExecutor] = []


def elementwise(function: Callable[..., Floats], *arrays: NDArray[Any], block: int = 0) -> Floats:
    """`function` of broadcastable arrays, itself elementwise: the same as calling it on the whole, but faster.

    block: cells at a time, else BLOCK. `function` may not call `elementwise`, and is to broadcast as numpy does.
    """
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    size, block = math.prod(shape), block or BLOCK
    if size <= block:
        return function(*arrays)
    whole = [array.reshape((1,) * (len(shape) - array.ndim) + array.shape) for array in arrays]
    out, todo = np.empty(shape), deque(_blocks(shape, block))

    def work() -> None:
        while part := _next(todo):
            out[part] = function(*(_part(array, part) for array in whole))

    if size >= SPREAD:
        _together(work)
    else:
        work()
    return out


def _next(todo: deque[tuple[slice, ...]]) -> tuple[slice, ...] | None:
    """A block for one thread alone, None when all are taken."""
    try:
        return todo.popleft()
    except IndexError:
        return None


def _together(work: Callable[[], None]) -> None:
    """`work` on this thread, and on those of the crew that are free before this one is done."""
    others = [_threads().submit(work) for _ in range(_helpers())]
    try:
        work()
    finally:
        for other in others:
            if not other.cancel():
                other.result()


def _blocks(shape: tuple[int, ...], block: int) -> Iterator[tuple[slice, ...]]:
    """Blocks of at most `block` cells that make up an array of this shape, its last axis cut last."""
    inner = math.prod(shape[1:])
    if inner > block:
        yield from ((slice(i, i + 1), *rest) for i in range(shape[0]) for rest in _blocks(shape[1:], block))
    else:
        step = max(1, block // inner)
        yield from ((slice(start, start + step),) for start in range(0, shape[0], step))


def _part(array: NDArray[Any], block: tuple[slice, ...]) -> NDArray[Any]:
    """What of an array meets a block; an axis of length 1 meets every block."""
    return array[tuple(one if length > 1 else slice(None) for one, length in zip(block, array.shape, strict=False))]


def _threads() -> ThreadPoolExecutor:
    """One crew for the process; its threads end with it."""
    if not _crew:
        _crew.append(ThreadPoolExecutor(_helpers(), thread_name_prefix="blocks"))
    return _crew[-1]


def _helpers() -> int:
    """Threads besides the caller's: one for each further core."""
    return max(1, (os.cpu_count() or 1) - 1)


os.register_at_fork(after_in_child=_crew.clear)  # threads do not live on in a forked process
