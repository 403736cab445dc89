"""Explorations of small estates, one of them with hostile names; a check that markup is well-formed and harmless."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from tests.estates import estate
from vpnaudit.estate import TABLES, Estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import load

if TYPE_CHECKING:
    from vpnaudit.audit import Audit

HOSTILE = '"><script>alert(1)</script>\u202e\n'
VOID = {"meta", "br", "input", "path", "circle", "rect", "use", "hr", "img"}
OPTIONAL = {"td", "li"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; no script, no handler."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        assert tag != "script"
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag in OPTIONAL and self.open[-1] == tag:
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        while self.open[-1] in OPTIONAL and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag


def well_formed(markup: str) -> None:
    parser = Balance()
    parser.feed(markup)
    parser.close()
    assert parser.open == []


def judged(judgement: Audit) -> Exploration:
    """The exploration of an estate that is judged already."""
    exploration = Exploration(judgement.estate, judgement.policy)
    exploration.audit = judgement
    return exploration


@cache
def explored(name: str) -> Exploration:
    """An estate by name, judged once."""
    return Exploration(ESTATES[name](), load())


def blank() -> Estate:
    return Estate(
        {n: t.frame([{k: f"{n}1" if k in ("id", "name") else "s1" for k in t.key}]) for n, t in TABLES.items()}
    )


def hostile() -> Estate:
    name = HOSTILE
    return estate(
        {
            "sources": [{"source": name, "account": name, "role": name}],
            "vpcs": [{"source": name, "id": "p1", "name": name, "zone": name, "account": name}],
            "vpn_gateways": [{"source": name, "id": "v1"}],
            "customer_gateways": [
                {"source": name, "id": "g1", "name": name, "dpd": False, "ike_policy": name, "gateway": name}
            ],
            "connections": [{"source": name, "id": "c1", "state": "Error", "account": name}],
            "gaps": [{"source": name, "table": "hosts", "command": name, "text": name}],
        }
    )


ESTATES = {"empty": Estate, "all missing": blank, "hostile": hostile}
