"""What goes into `st.html` is made by functions of ours that escape.

The rule for other people's pages is to leave `st.html` alone. Here tables, cards and badges are drawn with it, because no
element of the framework draws them, and three things hold it: only pieces made by our own functions are handed to it, by
a rule over the code; typed names reach them through `escape` (`tests/test_evaluators.py`); and whatever a hostile account
holds, no page's pieces have a tag or an attribute that they do not have with a harmless one.
"""

import ast
import json
from html.parser import HTMLParser

import pytest

import app
from pages.ui import cached
from risk_core.portfolio.account_file import read
from tests.conftest import ROOT

SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
WORD = "\"><img src=x onerror=window.__x=1><script>window.__x=1</script>'"
RUNS = {"script", "img", "iframe", "object", "embed", "svg", "form", "input", "base", "meta", "link"}


def is_ours(node, made):
    """A literal, a call, a name that holds the answer of a call, or text put together of such and of `escape`."""
    if isinstance(node, ast.Constant | ast.Call):
        return True
    if isinstance(node, ast.Name):
        return node.id in made
    if isinstance(node, ast.IfExp):
        return is_ours(node.body, made) and is_ours(node.orelse, made)
    if isinstance(node, ast.BinOp):
        return is_ours(node.left, made) and is_ours(node.right, made)
    return isinstance(node, ast.JoinedStr) and all(
        is_ours(part.value if isinstance(part, ast.FormattedValue) else part, made) for part in node.values)


def handed_over(tree):
    """Line of each `st.html` whose argument may be text as a user typed it."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        nodes = list(ast.walk(function))
        made = {node.target.id for node in nodes if isinstance(node, ast.NamedExpr) and isinstance(node.value, ast.Call)}
        made |= {node.targets[0].id for node in nodes if isinstance(node, ast.Assign)
                 and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)}
        for node in nodes:
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.html" and not is_ours(node.args[0], made):
                yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_only_pieces_of_our_own_functions_are_drawn(path):
    assert list(handed_over(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("line", ["st.html(label)", "st.html(f'<b>{draft.label}</b>')", "st.html('<b>' + row['id'])"])
def test_the_rule_bites(line):
    assert list(handed_over(ast.parse(f"def f(label, draft, row): {line}")))


class Tags(HTMLParser):
    """Tags and attributes of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


def book(word, name):
    leg = {"kind": "perpetual", "underlying": word, "settlement": "linear", "quantity": 0.1, "entry_price": 91000.0}
    return read(json.dumps({
        "format": "marginscope-account/1", "name": name, "as_of": "2026-11-20T08:00:00Z",
        "market": {"underlyings": {coin: {"price": 90000.0, "volatility": 0.6} for coin in (word, "ETH")}},
        "collateral": [{"asset": "USD", "amount": 1e5}, {"asset": word, "amount": 1.0}],
        "positions": [{"id": word, **leg}, {**leg, "id": f"{word} 2", "mode": "isolated", "leverage": 5}]}))


@pytest.mark.parametrize("page", app.PAGES, ids=lambda page: page.file)
def test_names_add_no_tag_to_any_page(open_app, page):
    store, found = cached.store(), []
    for word in ("harmless", WORD):
        held = store.save_new(book(word, word), f"{page.file} {word}", description=word)
        at = open_app(None if page is app.PAGES[0] else page.file, account=held.id)
        assert not at.exception
        found.append("".join(piece.body for piece in at.get("html")))
    harmless, hostile = (Tags(text) for text in found)
    assert hostile.tags == harmless.tags and hostile.attributes == harmless.attributes
    assert not RUNS & hostile.tags and not [name for name in hostile.attributes if name.startswith("on")]
    assert page.file in {"glossary.py", "accuracy.py"} or "&lt;script&gt;" in found[1]
