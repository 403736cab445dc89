"""A tunnel as text: it fits the terminal, every setting of both ends is there, and a tenant's name stays one line."""

from __future__ import annotations

import pytest

from tests.estates import FULL, PAIR, estate, only
from vpnaudit.asking.tunnel import Tunnel, tunnel_of
from vpnaudit.cli.tunnel_text import lines
from vpnaudit.estate.ends import all_ends

MEND = {
    "side": "far side",
    "changes": {"peer.esp_proposals": "aes256-sha256-modp2048"},
    "verdicts": {"the router starts": "ok", "the peer starts": "ok"},
    "by_hand": {"peer.esp_proposals": "aes256-sha256-modp2048"},
    "commands": [],
}


def text(tunnel: Tunnel, *mends: dict) -> list[str]:
    return list(lines(tunnel, mends))


@pytest.mark.parametrize("columns", ["20", "80", "97", "120", "400"])
def test_no_line_is_wider_than_the_terminal_or_a_readable_page(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    width = min(max(int(columns), 80), 120)
    assert max(len(line) for line in text(Tunnel(only(FULL)), MEND)) <= width


def test_every_setting_stands_beside_that_of_the_far_side() -> None:
    tunnel = Tunnel(only(FULL))
    page = text(tunnel)
    for setting in tunnel.settings:
        assert any(line.startswith(f"{setting.name} ") for line in page), setting.name


def test_a_mend_without_a_command_names_what_to_set_and_where() -> None:
    page = text(Tunnel(only(FULL)), MEND)
    assert "  set esp_proposals=aes256-sha256-modp2048 on the far side" in page
    assert "To mend it on the far side: then it works" in page


def test_of_equal_ends_no_difference_is_claimed() -> None:
    page = "\n".join(text(Tunnel(all_ends(estate(PAIR))[0])))
    assert "DIFFERENT" not in page
    assert "CAUSE" not in page


def test_a_change_shows_what_it_does() -> None:
    ends = all_ends(estate(PAIR))[0]
    page = "\n".join(text(tunnel_of(ends, {"ikeversion": "ikev1"})))
    assert "What if:  ikeversion = ikev1" in page
    assert "ikev1" in page.split("What if:")[1]


def test_a_name_of_several_lines_and_escapes_stays_on_one() -> None:
    hostile = {**PAIR, "vpcs": [{"id": "p1", "name": "a\n\x1b[31mCAUSE fake"}, PAIR["vpcs"][1]]}
    page = text(Tunnel(all_ends(estate(hostile))[0]))
    assert not any("\n" in line or "\x1b" in line for line in page)
    assert page[0].startswith("a")
    assert "CAUSE fake" in page[0]
