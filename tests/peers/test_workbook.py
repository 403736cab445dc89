"""A workbook is read where it can do no harm: what it claims of its size is no reason to end the process."""

from __future__ import annotations

import io
import zipfile

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.peers.workbook import sheet_cells

PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default'
    ' Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"'
    ' ContentType="application/xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship'
    ' Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1"'
    ' r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": "<Relationships"
    ' xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.xml"/></Relationships>',
}


def workbook(*cells: tuple[str, str], more: dict[str, bytes] | None = None) -> bytes:
    rows = "".join(
        f'<row r="{"".join(filter(str.isdigit, place))}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for place, text in cells
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f"{rows}</sheetData></worksheet>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**PARTS, "xl/worksheets/sheet1.xml": sheet, **(more or {})}.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_cells_are_read() -> None:
    assert sheet_cells(workbook(("A1", "name"), ("A2", "a")), "b.xlsx") == [["name"], ["a"]]


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "ZZ9999"])
def test_a_sheet_that_claims_to_be_huge_is_refused(place: str) -> None:
    with pytest.raises(ConfigError, match="larger than any peer book"):
        sheet_cells(workbook(("A1", "name"), (place, "x")), "b.xlsx")


def test_what_the_archive_claims_is_looked_at_first() -> None:
    for more in (
        {"x": b"\0" * (65 * 2**20)},
        {f"x{number}": b"" for number in range(1_001)},
    ):
        with pytest.raises(ConfigError, match="larger than any peer book"):
            sheet_cells(workbook(("A1", "name"), more=more), "b.xlsx")


def test_a_reader_that_does_not_end_is_ended(monkeypatch) -> None:
    monkeypatch.setattr("vpnaudit.peers.workbook._CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr("vpnaudit.peers.workbook._LONGEST_S", 0.2)
    with pytest.raises(ConfigError, match="larger than any peer book"):
        sheet_cells(workbook(("A1", "name")), "b.xlsx")


@pytest.mark.parametrize("data", [b"", b"PK", b"name,address\n"])
def test_what_is_no_workbook_is_told(data: bytes) -> None:
    with pytest.raises(ConfigError, match="cannot be read as XLSX"):
        sheet_cells(data, "b.xlsx")


def test_an_archive_that_is_no_workbook_is_told() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(ConfigError, match="cannot be read as XLSX"):
        sheet_cells(packed.getvalue(), "b.xlsx")
