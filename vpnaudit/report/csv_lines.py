"""CSV by whole columns: millions of cells, of which few need more than to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vpnaudit.hostile import spreadsheet_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

_BREAK: Final = " ⏎ "
# What `spreadsheet_cell` and `_one_line` may change: controls, line breaks, marks of direction, the first character.
_UNSAFE: Final = r"[\x00-\x1f\x7f-\x9f\x{061c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]|^[=+\-@]"
_TO_QUOTE: Final = '[",]'


def csv_cells(column: pa.Array) -> pa.Array:
    """Texts as cells: each on one line, none a formula, in quotes where they need them. Missing is empty."""
    texts = pc.fill_null(column, "")
    unsafe = pc.match_substring_regex(texts, _UNSAFE)
    if pc.any(unsafe).as_py():
        safe = [spreadsheet_cell(_one_line(text)) for text in texts.filter(unsafe).to_pylist()]
        texts = pc.replace_with_mask(texts, unsafe, pa.array(safe, texts.type))
    quoted = pc.match_substring_regex(texts, _TO_QUOTE)
    if pc.any(quoted).as_py():
        escaped = pc.replace_substring(texts.filter(quoted), '"', '""')
        texts = pc.replace_with_mask(
            texts, quoted, pc.binary_join_element_wise(_text('"'), escaped, _text('"'), _text(""))
        )
    return texts


def csv_lines(columns: Iterable[pa.Array | str]) -> pa.Buffer:
    """The lines of these columns of cells, at least one of them an array; a text stands in every line."""
    pieces: list[Any] = []
    texts: list[str] = []
    for column in columns:
        if isinstance(column, str):
            texts.append(column)
            continue
        pieces += [_text(",".join(texts)), column] if texts else [column]
        texts = []
    pieces += [_text(",".join(texts))] if texts else []
    first, *rest = pieces
    between = [piece for other in rest for piece in (_text(","), other)]
    lines = pc.binary_join_element_wise(first, *between, _text("\n"), _text(""))
    _, offsets, data = lines.buffers()
    ends = pa.Array.from_buffers(pa.int64(), len(lines) + 1, [None, offsets], offset=lines.offset)
    return data.slice(ends[0].as_py(), ends[-1].as_py() - ends[0].as_py())


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _one_line(text: str) -> str:
    return _BREAK.join(text.splitlines()) if text[:1] not in ("\t", "\r", "\n") else text
