"""Inheritance between the sections of a `swanctl.conf`: `name : other { … }` is worked out before anything is read from
a tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.notes import Note, quoted_name, refuse
from vpnaudit.peers.swanctl_syntax import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 20_000
"""Sections of a tree with all that is inherited in place: a few lines can ask for more than any machine holds."""
_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reference that leads nowhere, or back to itself: the section of the finished tree that lacks it, and where it
    is written.
    """

    path: str
    note: Note


@dataclass(slots=True)
class _Resolver:
    root: Section
    dangling: list[Dangling] = field(default_factory=list)
    count: int = 0

    def merge(self, at: str, parts: list[tuple[Section, str]], above: frozenset[str]) -> Section:
        """One section of the finished tree out of those that make it up, the most important first, each with the path
        it is written at.
        """
        self.count += 1
        first = parts[0][0]
        if self.count > _LARGEST:
            raise refuse(
                first.file,
                first.line,
                f"inheritance makes more than {_LARGEST} sections of this file; no swanctl.conf does.",
            )
        layers: dict[str, Section] = {}
        for part, path in parts:
            self.collect(at, part, path, above, layers)
        merged = Section(first.name, first.file, first.line)
        below: dict[str, list[tuple[Section, str]]] = {}
        for path, layer in layers.items():
            for key, value in layer.settings.items():
                merged.settings.setdefault(key, value)
            for key, section in layer.sections.items():
                below.setdefault(key, []).append((section, _under(path, key)))
        merged.settings = {key: value for key, value in merged.settings.items() if value is not None}
        for key, inherited_parts in below.items():
            merged.sections[key] = self.merge(_under(at, key), inherited_parts, above | layers.keys())
        return merged

    def collect(self, at: str, part: Section, path: str, above: frozenset[str], layers: dict[str, Section]) -> None:
        """Add a section and those it names to the layers, each once, at its most important place."""
        layers[path] = part
        if len(layers) > _DEEPEST:
            raise refuse(
                part.file,
                part.line,
                f"one section inherits from more than {_DEEPEST} others; none of a swanctl.conf does.",
            )
        for reference in part.references:
            target = _find(self.root, reference)
            if target is None or reference in above:
                text = (
                    f"section {quoted_name(part.name)} inherits from {quoted_name(reference)}, which is not there or"
                    " leads back to it"
                )
                self.dangling.append(Dangling(at, Note(part.file, part.line, text)))
            elif reference not in layers:
                self.collect(at, target, reference, above, layers)


def resolved(root: Section) -> tuple[Section, tuple[Dangling, ...]]:
    """The tree with everything inherited in place, and the references that lead nowhere.

    A section's own settings win over those of the sections that it names, the first named over the later; subsections
    of one name are merged in the same order. A setting without a value takes away what would be inherited.

    Raises:
        ConfigError: inheritance makes more of a file than any device would take.
    """
    resolver = _Resolver(root)
    tree = resolver.merge("", [(root, "")], frozenset())
    return tree, tuple(resolver.dangling)


def lacking(dangling: tuple[Dangling, ...], path: str) -> Iterator[Dangling]:
    """The dangling references of a section, its subsections and the sections around it."""
    return (
        reference
        for reference in dangling
        if f"{reference.path}.".startswith(f"{path}.") or f"{path}.".startswith(f"{reference.path}.")
    )


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _find(root: Section, reference: str) -> Section | None:
    section: Section | None = root
    for name in reference.split("."):
        section = section.sections.get(name) if section else None
    return section
