"""Components that show nothing and only listen in the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st


def listener(name: str, script: str) -> Callable[..., Any]:
    """Mounts the file `script` of this folder as `name`; call it with a key, and callbacks of what it reports."""
    return st.components.v2.component(
        f"marginscope_{name}",
        html="<span hidden></span>",
        js=Path(__file__).with_name(script).read_text("utf-8"),
        isolate_styles=False,
    )
