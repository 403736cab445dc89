"""What a rule's file says of its rule, read without running it: that would import pandas and all that rules are made
of, over a second, and who lists or explains rules needs only words.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vpnaudit.errors import ConfigError, RuleError

if TYPE_CHECKING:
    from collections.abc import Collection

HEADINGS = ("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References")

_PACKAGE = Path(__file__).parent
_FOLDER = _PACKAGE / "rules"


@dataclass(frozen=True)
class RuleFile:
    """The words of one rule, as `findings.Rule` has them."""

    id: str
    severity: str
    subject: str
    reads: tuple[str, ...]
    title: str
    text: dict[str, str]


def rule_ids() -> list[str]:
    """Every rule by id, in the order of their names."""
    return [path.stem.replace("_", "-") for path in sorted(_FOLDER.glob("*.py")) if path.stem != "__init__"]


def known_id(rule_id: str, ids: Collection[str]) -> str:
    """The id, which must be one of these; raises `ConfigError` with the nearest ones."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a typing mistake needs it

    if rule_id not in ids:
        near = get_close_matches(rule_id, ids, n=3) or sorted(ids)[:3]
        raise ConfigError(f"No rule is named {rule_id!r}. Near it: {', '.join(near)}. `vpnaudit rules` lists all.")
    return rule_id


def read(rule_id: str) -> RuleFile:
    """The words of a rule. Raises `RuleError` where its file has another form than `make rule` writes."""
    path = _FOLDER / f"{rule_id.replace('-', '_')}.py"
    module = _parsed(path)
    title, text = sections(ast.get_docstring(module, clean=False) or "", rule_id)
    values = {keyword.arg: keyword.value for keyword in _decorator(module, path).keywords}
    severity, subject = (_value(values.get(name), module, path) for name in ("severity", "subject"))
    reads = _value(values.get("reads"), module, path)
    if not (isinstance(severity, str) and isinstance(subject, str) and isinstance(reads, tuple)):
        raise _unreadable(path)
    return RuleFile(rule_id, severity, subject, reads, title, text)


def sections(docstring: str, name: str) -> tuple[str, dict[str, str]]:
    """Title and sections of a rule's docstring; raises `RuleError` unless each of `HEADINGS` is there, in order, with
    text.
    """
    doc = inspect.cleandoc(docstring)
    parts = re.split(rf"^({'|'.join(HEADINGS)}):", doc, flags=re.MULTILINE)
    text_by_heading = {heading: " ".join(text.split()) for heading, text in zip(parts[1::2], parts[2::2], strict=True)}
    title = " ".join(parts[0].split())
    if tuple(text_by_heading) != HEADINGS or not title or not all(text_by_heading.values()):
        raise RuleError(
            f"Rule {name}: its docstring needs a first line and, in this order and with text, the headings"
            f" {', '.join(HEADINGS)}."
        )
    return title, text_by_heading


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _decorator(module: ast.Module, path: Path) -> ast.Call:
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and function.name == "find":
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "rule":
                    return decorator
    raise _unreadable(path)


def _value(node: ast.expr | None, module: ast.Module, path: Path) -> str | tuple[str, ...]:
    """What an expression of texts, tuples and names for them stands for; a name may come from another room."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Tuple(elts=parts):
            texts: list[str] = []
            for part in parts:
                inner = part.value if isinstance(part, ast.Starred) else part
                value = _value(inner, module, path)
                texts += [value] if isinstance(value, str) else value
            return tuple(texts)
        case ast.Name(id=name):
            return _named(name, module, path)
        case _:
            raise _unreadable(path)


def _named(name: str, module: ast.Module, path: Path) -> str | tuple[str, ...]:
    for line in module.body:
        if isinstance(line, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in line.targets):
            return _value(line.value, module, path)
        if isinstance(line, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in line.names):
            original = next(alias.name for alias in line.names if (alias.asname or alias.name) == name)
            other = _PACKAGE.joinpath(*(line.module or "").split(".")[1:]).with_suffix(".py")
            return _named(original, _parsed(other), other)
    raise _unreadable(path)


def _unreadable(path: Path) -> RuleError:
    return RuleError(
        f"vpnaudit/{path.parent.name}/{path.name}: severity, subject and reads of a rule are texts, or names for them."
        " `make rule NAME=…` writes the form."
    )
