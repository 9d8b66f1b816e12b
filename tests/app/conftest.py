"""The app on a store of its own, with the samples and nothing else."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
FRAME = Path(__file__).with_name("frame.py")


@pytest.fixture(scope="session", autouse=True)
def store(tmp_path_factory):
    """One store for the whole run; the app keeps it open."""
    from streamlit.testing.v1 import AppTest  # noqa: F401 - streamlit's own set-up before the store

    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = f"sqlite:///{tmp_path_factory.mktemp('app') / 'app.db'}"
    from pages.ui import cached

    cached.store.clear()
    opened = cached.store()
    yield opened
    opened.close()
    cached.store.clear()
    os.environ.pop("DATABASE_URL") if before is None else os.environ.update(DATABASE_URL=before)


@pytest.fixture(scope="session", autouse=True)
def components_found_once():
    """Streamlit reads the metadata of every installed package for each AppTest, which takes longer than most pages."""
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda *_: found)
        yield


@pytest.fixture
def open_app():
    """Start the app: `open_app(page, **link)`."""
    from streamlit.testing.v1 import AppTest

    def start(page=None, **link):
        at = AppTest.from_file(str(FRAME), default_timeout=60)
        for name, value in link.items():
            at.query_params[name] = value
        return (at.switch_page(str(ROOT / "pages" / page)) if page else at).run()

    return start


@pytest.fixture(autouse=True)
def whole_runs(monkeypatch):
    """A control draws the whole page again: after a run of some parts alone AppTest forgets the others."""
    from pages.ui import following

    monkeypatch.setattr(following, "follow", lambda *_: None)
