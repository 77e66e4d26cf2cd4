"""Every action that the code writes into the audit log stands in the web application as a plain sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "web/src/kit/audit/words.ts"
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
VERB = re.compile(r"[a-z_]+")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _filled(text: ast.JoinedStr, function: ast.AST) -> Iterator[str]:
    """Yield what an f-string of the function's own variables becomes, where these are set to texts."""
    wholes = [""]
    for part in text.values:
        if isinstance(part, ast.Constant):
            options = [str(part.value)]
        else:
            name = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
            sets = (n for n in ast.walk(function) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == name)
            options = [t for n in sets if isinstance(n.value, ast.IfExp) for t in _texts(n.value) if "_" in t] or ["*"]
        wholes = [whole + option for whole in wholes for option in options]
    yield from wholes


def emitted() -> set[str]:
    """Return the actions that stand in calls of ``audit``, or reach it through a function of the same package."""
    found: set[str] = set()
    for folder in {path.parent for path in (ROOT / "src/fidelia").rglob("*.py")}:
        trees = [ast.parse(path.read_text("utf-8")) for path in folder.glob("*.py")]
        wrappers: dict[str, set[str]] = {}
        calls = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)]
        for function in (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef)):
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call) and _called(n) == "audit"):
                action = call.args[2] if len(call.args) > 2 else None
                if isinstance(action, ast.JoinedStr):
                    for whole in _filled(action, function):
                        if whole.endswith(".*"):
                            wrappers.setdefault(function.name, set()).add(whole[:-1])
                        else:
                            found.add(whole)
                elif isinstance(action, ast.Name):
                    sets = (n for n in ast.walk(function) if isinstance(n, ast.Assign))
                    own = [t for n in sets if ast.unparse(n.targets[0]) == action.id for t in _texts(n.value)]
                    found.update(own)
                    if not own:
                        wrappers.setdefault(function.name, set()).add("")
                elif action is not None:
                    found.update(_texts(action))
        for call in calls:
            for prefix in wrappers.get(_called(call), ()):
                given = [t for arg in call.args if isinstance(arg, ast.Constant | ast.IfExp) for t in _texts(arg)]
                shape = VERB if prefix else ACTION
                found.update(prefix + t for t in given if shape.fullmatch(t) and t != "start")
    return {action for action in found if ACTION.fullmatch(action)}


def test_every_action_has_words() -> None:
    actions = emitted()
    assert {"segment.updated", "data_table.rows_upserted", "value_list.load_started", "mailing.paused"} <= actions
    assert {"profile.preferences_link", "template.archived", "database.field_added"} <= actions
    known = set(re.findall(r"'([a-z_]+\.[a-z_]+)':", WORDS.read_text("utf-8")))
    assert actions <= known, f"these actions have no sentence in {WORDS.name}: {sorted(actions - known)}"
