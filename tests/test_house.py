"""The house rules: who may import whom, how large things may grow, and that the documents say what the code does."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("risk_core", "db", "pages")
SOURCES = sorted(p for layer in LAYERS for p in (ROOT / layer).rglob("*.py")) + [ROOT / "app.py", ROOT / "serve.py"]


def tree(path):
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(path):
    """Top-level packages a file imports, with `risk_core.x` kept as `risk_core`."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def standard(names):
    import sys

    return {name for name in names if name not in sys.stdlib_module_names}


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_relative_to(ROOT / "risk_core")], ids=name_of)
def test_the_core_knows_no_database_frame_or_screen(path):
    allowed = {"numpy", "scipy", "numexpr"} | ({"pydantic"} if path.is_relative_to(ROOT / "risk_core/rulebooks") else set())
    assert standard(imported(path)) <= allowed | {"risk_core"}


def test_numexpr_is_used_in_one_file():
    users = {name_of(p) for p in SOURCES if "numexpr" in imported(p)}
    assert users == {"risk_core/valuation/kernels.py"}


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_relative_to(ROOT / "db")], ids=name_of)
def test_only_the_mapping_of_the_store_knows_the_core(path):
    allowed = {"sqlalchemy", "alembic", "db", "psycopg"} | ({"risk_core"} if path.name == "mapping.py" else set())
    assert standard(imported(path)) <= allowed


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=name_of)
def test_a_page_knows_only_streamlit_and_the_page_parts(path):
    assert standard(imported(path)) <= {"streamlit", "pages"}


def functions(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            has_doc = ast.get_docstring(node) is not None
            doc = node.body[0].end_lineno - node.body[0].lineno + 1 if has_doc else 0
            yield node.end_lineno - node.lineno + 1 - doc, f"{name_of(path)}:{node.name}"


def test_functions_fit_on_a_screen():
    sizes = sorted(size for path in SOURCES for size in functions(path))
    lengths = [size for size, _ in sizes]
    assert sizes[-1][0] <= 40, sizes[-1]
    assert sum(n <= 25 for n in lengths) >= 0.95 * len(lengths)
    assert sum(n <= 10 for n in lengths) >= 0.70 * len(lengths)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_have_one_subject(path):
    assert len(path.read_text("utf-8").splitlines()) <= 220
    assert path.stem not in {"utils", "util", "helpers", "support", "common", "misc"}


def test_no_two_test_files_share_a_name():
    """The test runner takes a file for its bare name, and drops the second of two that share one."""
    names = [p.name for p in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_the_readme_names_every_mode_sample_and_command():
    from risk_core.margin.models import MODES

    readme = (ROOT / "README.md").read_text("utf-8")
    for mode in MODES.values():
        assert mode.title in readme, mode
    for command in ("make run", "make test", "make bench", "python -m risk_core evaluate", "python -m risk_core rules",
                    "python -m risk_core schema", "python -m tests.golden", "python -m db backup", "python -m db check",
                    "python -m db restore"):
        assert command in readme, command


def test_the_readme_map_points_at_files_that_exist():
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in re.findall(r"`((?:risk_core|db|pages|tests|docs|benchmarks)/[\w./-]+)`", readme):
        assert (ROOT / path).exists(), path


def test_every_parameter_of_a_rulebook_says_its_meaning_and_unit():
    from risk_core.rulebooks.load import meanings

    for path in (ROOT / "risk_core/rulebooks").glob("*.toml"):
        book = tomllib.loads(path.read_text("utf-8"))
        for section, stanzas in book.items():
            if isinstance(stanzas, dict):
                for key, stanza in stanzas.items():
                    told = {**meanings().get(f"{section}.{key}", {}), **stanza}
                    assert told["meaning"].strip() and told["unit"].strip(), (path.name, section, key)


def test_glossary_defines_every_head_figure():
    glossary = (ROOT / "risk_core/GLOSSARY.md").read_text("utf-8")
    for word in ("equity", "initial margin", "maintenance margin", "buffer", "available", "maintenance used", "notional",
                 "haircut", "bankruptcy price", "liquidation level", "pledge", "bucket", "net", "worst scenario",
                 "standalone", "marginal", "Euler"):
        assert re.search(rf"\*\*{word}", glossary, re.IGNORECASE), word


def test_requirements_are_pinned():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            assert not line or line[0] in "#-" or re.fullmatch(r"[\w.\[\]-]+==[\w.]+", line), line
