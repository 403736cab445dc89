"""Parameters of a notebook: what its tagged cell declares, held against what it is to run with."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
"""Types that a notebook may declare its parameters as."""

PARAMETERS_TAG = "parameters"
"""The tag of the cell that declares them."""

INJECTED = "# Parameters"
"""How papermill begins the cell in which it sets parameters; a report's cell begins so too."""

_WORDS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def accept(declared: Mapping[str, str], values: Mapping[str, Any], notebook: str) -> dict[str, Any]:
    """The values as the types that the notebook declares; text is read, as a command line gives nothing else.

    `declared` maps names to type names. Raises `ConfigError` for a name that is not declared, with the nearest one, and
    for a value that cannot be read as its type.
    """
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise ConfigError(
            f"Notebook {notebook} has no parameter {unknown[0]!r}{_near(unknown[0], declared)}. It has:"
            f" {_list(declared)}."
        )
    return {name: _read(name, value, declared[name], notebook) for name, value in values.items()}


def declared_in(source: str) -> dict[str, str]:
    """Names and types that a cell of annotated assignments declares."""
    types = {}
    for line in _parsed(source):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            types[line.target.id] = ast.unparse(line.annotation)
    return types


def assigned_in(source: str) -> list[str]:
    """Names that a cell of plain assignments sets."""
    targets = [target for line in _parsed(source) if isinstance(line, ast.Assign) for target in line.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def audit_namespace(namespace: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What a running notebook runs with: its declared parameters with their values, and names that were injected and
    nobody declared.

    The notebook passes its `globals()`. IPython keeps the source of the cells that ran under `In`; the first that
    declares is the cell tagged `parameters`, and papermill begins the one it injects with a fixed comment. Raises
    `ConfigError` for a value of another type.
    """
    cells = [str(cell) for cell in namespace.get("In", [])]
    declared = next((names for names in map(declared_in, cells) if names), {})
    injected = [name for cell in cells if cell.startswith(INJECTED) for name in assigned_in(cell)]
    values = {name: namespace[name] for name in declared if name in namespace}
    for name, value in values.items():
        wanted = TYPES.get(declared[name])
        if wanted is not None and not _is(value, wanted):
            raise ConfigError(f"Parameter {name} is {value!r}; the notebook needs a value of type {declared[name]}.")
    return values, sorted(set(injected) - set(declared))


def _parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):  # a magic, or a cell that is being written: nothing is declared in it
        return []


def _read(name: str, value: Any, type_name: str, notebook: str) -> Any:
    wanted = TYPES.get(type_name)
    if wanted is None or _is(value, wanted):
        return value
    if isinstance(value, str):
        if wanted is bool and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        try:
            return wanted(value) if wanted in (int, float) else _refuse(name, value, type_name, notebook)
        except ValueError:
            pass
    return _refuse(name, value, type_name, notebook)


def _refuse(name: str, value: Any, type_name: str, notebook: str) -> Any:
    raise ConfigError(f"Parameter {name} of notebook {notebook} is of type {type_name}; {value!r} is not.")


def _is(value: Any, wanted: type) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, (int, float) if wanted is float else wanted)


def _near(name: str, declared: Mapping[str, str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a typing mistake needs it

    near = get_close_matches(name, declared, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _list(declared: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in declared.items())
