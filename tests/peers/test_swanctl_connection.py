"""Each setting of a connection becomes its column; one that charon does not take keeps all children from loading."""

from __future__ import annotations

import pytest

from tests.peers.reading_text import conn, swanctl, swanctl_row


@pytest.mark.parametrize(
    ("settings", "child", "column", "value"),
    [
        ("childless = FORCE", "", "childless", "force"),
        ("vips = 0.0.0.0", "", "virtual_ip", "asks"),
        ("pools = p", "", "virtual_ip", "gives"),
        ("local { auth = psk }", "", "auth", "psk"),
        ("local { id = x }", "", "auth", "pubkey"),
        ("remote { auth = psk\n groups = x\n ca_id = y }", "", "peer_auth", "psk,groups,ca"),
        ("remote { id = x }", "", "peer_auth", "any"),
        ("local { id = %any }", "", "peer_auth", "any"),
        ("local-b { auth = xauth\n round = 2 }\n local-a { auth = psk\n round = 1 }", "", "auth", "psk,xauth"),
        ("", "mode = TRANSPORT", "mode", "transport"),
        ("", "start_action = trap|start", "auto", "start"),
        ("", "start_action = restart", "auto", "start"),
    ],
)
def test_a_setting_becomes_its_column(settings: str, child: str, column: str, value: str) -> None:
    assert swanctl_row(conn(settings, child))[column] == value


@pytest.mark.parametrize(
    ("settings", "child", "why"),
    [
        ("version = 3", "", "version is none of 0, 1 and 2"),
        ("proposals = aes256-sha2-modp2048, aes256-sha256-modp2048", "", "proposals holds 'aes256-sha2-modp2048'"),
        ("", "local_ts = 10.0.0.0/8, nonsense", "local_ts holds 'nonsense'"),
        ("", "remote_ts = 10.0.0.0/8[x/y]", "remote_ts holds"),
        ("", "remote_ts = dynamic[tcp", "remote_ts holds"),
        ("", "nonsense = 1", "'nonsense' is no word of its child section"),
        ("other { }", "", "'other' is no section of a connection"),
    ],
)
def test_one_value_that_charon_does_not_take_and_nothing_is_loaded(settings: str, child: str, why: str) -> None:
    assert why in swanctl_row(conn(settings, child))["refused"]


def test_one_bad_child_takes_its_siblings_with_it() -> None:
    text = "connections { a { children { x { nonsense = 1 }\n y { local_ts = 10.2.0.0/16 } } } }"
    tunnels, notes = swanctl(text)
    assert {row["refused"] for row in tunnels} == {"'nonsense' is no word of its child section"}
    assert any("does not load the connection" in note for note in notes)


def test_what_decides_and_is_not_read_leaves_it_open() -> None:
    assert "mode decides" in swanctl_row(conn("", "mode = beet"))["undecided"]
    assert "strongSwan 6" in swanctl_row(conn("proposals = aes256-sha256-x25519-ke1_mlkem768"))["undecided"]
