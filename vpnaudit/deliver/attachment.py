"""The report as mail gateways let it pass: the same page without a script.

A page that unpacks code when it is opened is what HTML smuggling looks like, and gateways hold it back. What scripts do
is left out; all that they show stands in the page as well: figures as tables, causes to be opened one by one.
"""

from __future__ import annotations

import re
from html import escape

from vpnaudit.report.places import REPORT

_SCRIPT = re.compile(rb"<script\b[^>]*>.*?(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_POLICY = re.compile(rb"script-src [^;\"]*")
_MAIN = re.compile(rb"<main\b[^>]*>", re.IGNORECASE)


def attachable(report: bytes, run: str, sha256: str) -> bytes:
    """The page without scripts, with a sentence at its begin that says what is left out and where the whole report is.

    `run` is the name of the run folder, `sha256` that of the whole report.
    """
    bare = report
    while _SCRIPT.search(bare):  # what is left of `<scr<script></script>ipt>` is one again
        bare = _SCRIPT.sub(b"", bare)
    bare = _POLICY.sub(b"script-src 'none'", bare, count=1)
    note = (
        '<p class="notice">This copy came by mail, so it has no script: figures are tables, and causes cannot be'
        f" filtered or copied by a button. Nothing else is left out. The whole report is {REPORT} of the run"
        f" <bdi>{escape(run)}</bdi>, sha256 {sha256}.</p>"
    ).encode()
    main = _MAIN.search(bare)
    return bare[: main.end()] + note + bare[main.end() :] if main else note + bare
