"""No text is ever run: no evaluators, no pickles, no shells, no SQL or HTML put together from data. Rules over the code.

Each rule is shown to bite on planted lines. Names reach HTML through `escape`, SQL through bound parameters; statements
put together from our own constants are listed one by one.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(p for layer in ("risk_core", "db", "pages") for p in (ROOT / layer).rglob("*.py")) + [
    ROOT / "app.py", ROOT / "serve.py"]
NAMES = {"eval", "exec", "compile", "__import__"}
METHODS = {"eval", "query", "read_pickle", "to_pickle", "unsafe_load", "re_evaluate", "popen", "system", "execv", "spawnl",
           "executescript", "iframe", "from_string"}
WRITTEN_OUT = {"evaluate", "NumExpr"}
MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "yaml", "subprocess", "pty", "ctypes", "telnetlib",
           "requests", "httpx", "urllib3", "xml", "lxml", "jinja2"}
FLAGS = {"unsafe_allow_html", "unsafe_allow_javascript", "allow_unsafe_jscode", "shell", "allow_pickle"}
RUNS_SQL = {"execute", "exec_driver_sql", "executemany", "scalar", "scalars"}
TYPED = {"name", "label", "description", "id", "leg_id", "asset", "underlying", "coin", "note", "title"}
OWN_STATEMENTS = {("db/engine.py", "_settle"), ("db/upgrading.py", "_run"), ("db/upgrading.py", "_counts")}
"""Statements with our own constants in them: PRAGMA names, the application's number, names of our tables."""


def name_of(path):
    return str(path.relative_to(ROOT))


def called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def is_put_together(node):
    """Text made of pieces: f-strings with values, +, %, format, join."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return not (isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant))
    return isinstance(node, ast.Call) and called(node) in {"format", "join", "format_map"}


def evaluators(tree):
    """Lines that run text, load objects or open shells."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = {(node.module or "").split(".")[0]}
        else:
            names = set()
        if names & MODULES:
            yield node.lineno
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in NAMES:
                yield node.lineno
            if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                yield node.lineno
            if called(node) in WRITTEN_OUT and not (node.args and is_own_expression(node.args[0])):
                yield node.lineno
            if any(one.arg in FLAGS for one in node.keywords):
                yield node.lineno


def is_own_expression(node):
    """A literal, or the `source` of a kernel; `test_kernels` shows that ours are of numbers and their own letters."""
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Attribute) and node.attr == "source"
                                              and isinstance(node.value, ast.Name) and node.value.id == "self")


def built_sql(tree):
    """(function, line) of statements that are put together instead of having parameters."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
            if node.args and called(node) in RUNS_SQL | {"text"} and is_put_together(node.args[0]):
                yield function.name, node.lineno


def is_of_our_table(node):
    """An entry of the table of modes, whose titles are ours."""
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "MODES"


def raw_names(tree):
    """Lines where HTML in an f-string holds something a user may have typed, not passed through a function."""
    for text in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        if not any(isinstance(part, ast.Constant) and "<" in str(part.value) for part in text.values):
            continue
        for part in (one.value for one in text.values if isinstance(one, ast.FormattedValue)):
            is_field = isinstance(part, ast.Attribute) and part.attr in TYPED and not is_of_our_table(part.value)
            is_key = isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and part.slice.value in TYPED
            if is_field or is_key:
                yield part.lineno


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_evaluated_unpickled_or_run_in_a_shell(path):
    assert list(evaluators(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_relative_to(ROOT / "db")], ids=name_of)
def test_no_statement_is_put_together(path):
    found = {(name_of(path), function) for function, _ in built_sql(ast.parse(path.read_text("utf-8")))}
    assert found <= OWN_STATEMENTS


def test_the_listed_statements_are_still_there():
    found = {(name_of(path), function) for path in SOURCES if path.is_relative_to(ROOT / "db")
             for function, _ in built_sql(ast.parse(path.read_text("utf-8")))}
    assert found == OWN_STATEMENTS


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_relative_to(ROOT / "pages") or p.parent == ROOT], ids=name_of)
def test_typed_names_reach_html_through_a_function(path):
    assert list(raw_names(ast.parse(path.read_text("utf-8")))) == []


def test_html_of_a_chart_is_built_from_text_nodes():
    """The scripts of our own components never write markup."""
    for path in (ROOT / "pages").rglob("*.js"):
        script = path.read_text("utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert word not in script, (name_of(path), word)


@pytest.mark.parametrize("line", [
    "eval(x)", "exec(x)", "compile(x, '', 'eval')", "__import__(x)", "import pickle", "from yaml import load",
    "pd.read_pickle(f)", "frame.query(x)", "pd.eval(x)", "ne.evaluate(x)", "ne.evaluate(f'{x}+1')", "ne.NumExpr(x)",
    "numexpr.re_evaluate()", "import subprocess", "os.system(x)", "os.popen(x)", "run(x, shell=True)",
    "st.markdown(x, unsafe_allow_html=True)", "np.load(f, allow_pickle=True)", "cursor.executescript(x)",
    "components.iframe(x)", "import xml.etree", "import requests",
])
def test_the_rule_of_evaluators_bites(line):
    assert list(evaluators(ast.parse(line)))


@pytest.mark.parametrize("line", [
    "c.execute(f'SELECT {x}')", "c.execute('SELECT ' + x)", "c.execute('SELECT %s' % x)", "c.execute('{}'.format(x))",
    "c.exec_driver_sql(f'DROP {x}')", "session.execute(text(f'SELECT {x}'))", "s.scalar(' '.join(x))",
])
def test_the_rule_of_statements_bites(line):
    assert list(built_sql(ast.parse(f"def f(): {line}")))


@pytest.mark.parametrize("line", ["st.html(f'<b>{draft.label}</b>')", "f'<td>{leg[\"id\"]}</td>'", "f'<p>{row.name} x'"])
def test_the_rule_of_names_bites(line):
    assert list(raw_names(ast.parse(line)))


@pytest.mark.parametrize("line", ["re.compile(x)", "ne.evaluate('a+1')", "c.execute('SELECT 1')", "c.execute(select(Row))",
                                  "f'<b>{escape(draft.label)}</b>'", "f'{draft.label} saved'"])
def test_what_is_fine_is_let_through(line):
    tree = ast.parse(f"def f(): {line}")
    assert not [*evaluators(tree), *built_sql(tree), *raw_names(tree)]
