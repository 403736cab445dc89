"""Files and folders as they are found become one table; no key is in anything that comes out."""

from __future__ import annotations

import pickle
import traceback
from collections import Counter

import pandas as pd
import pytest

from tests.peers.reading_text import DATA, PRINTS, records
from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import TABLES
from vpnaudit.peers import read
from vpnaudit.peers.source import load

CANARIES = ("canary", "KEY", "Y2FuYXJ5", "63616e617279")


def test_a_folder_becomes_one_table_of_the_schema() -> None:
    frame, notes = read([DATA], PRINTS)
    TABLES["peers"].check(frame)
    tunnels = {row["name"]: row for row in records(frame)}
    assert list(tunnels) == ["cloud-zone1", "cloud-zone2", "partner", "vpn-203.0.113.2", "legacy", "zone1", "zone2"]
    assert Counter(frame["dialect"]) == {"strongswan-ipsecconf": 4, "strongswan-swanctl": 3}
    assert tunnels["partner"]["book"].endswith("branch/ipsec.conf")
    assert tunnels["partner"]["file"].endswith("branch/ipsec.d/partner.conf")
    assert tunnels["cloud-zone2"]["psk_fingerprint"] == PRINTS.facts("canary-KEY-hex-two").fingerprint
    assert tunnels["zone2"]["psk_fingerprint"] == PRINTS.facts("canary-KEY-base64").fingerprint
    assert tunnels["vpn-203.0.113.2"]["one_sa_per_pair"] is True
    assert tunnels["zone2"]["one_sa_per_pair"] is True
    assert any("README.md: no dialect reads this file" in str(note) for note in notes)


def test_the_estates_own_addresses_tell_the_sides_apart() -> None:
    frame, _ = read([DATA / "branch"], PRINTS, router_addresses=["198.51.100.1", "198.51.100.9"])
    partner = records(frame)[-1]
    assert (partner["address"], partner["peer_address"], partner["remote_subnets"]) == (
        "203.0.113.77",
        "198.51.100.1",
        "10.1.0.0/16",
    )
    assert partner["psk_fingerprint"] == PRINTS.facts('canary-KEY-partner "quoted"').fingerprint


def test_no_key_is_in_a_table_a_note_or_a_repr() -> None:
    frame, notes = read([DATA / "branch", DATA / "hub", DATA / "cloud"], PRINTS)
    assert frame["psk_fingerprint"].notna().sum() == 6
    for out in (
        frame.to_csv(),
        repr(frame),
        repr(notes),
        "\n".join(map(str, notes)),
        pickle.dumps((frame, notes)).decode("latin-1"),
    ):
        assert not [canary for canary in CANARIES if canary in out]
    source = load(DATA / "branch" / "ipsec.secrets", "x", DATA)
    assert "KEY" in source.text
    assert "KEY" not in repr(source)


@pytest.mark.parametrize("name", ["ipsec.conf", "swanctl.conf", "peers.toml", "peers.csv"])
@pytest.mark.parametrize("tail", ["\n}", "\nleft", '\n x = "', "\n[[", "\n{", " : PSK", "\nsecret", '"', ""])
def test_no_key_is_in_an_error_or_its_traceback(tmp_path, name: str, tail: str) -> None:
    texts = [
        "secret canaryKEY",
        'secret = "canaryKEY',
        'psk = "canaryKEY"',
        ': PSK "canaryKEY"',
        "name,psk\na,canaryKEY,b",
        '[[peer]]\npsk="canaryKEY"\npsk_flie="canaryKEY"',
    ]
    for text in texts:
        for file_text in (text + tail, f"connections {{ {text}{tail}", f"conn a\n {text}{tail}"):
            (tmp_path / name).write_text(file_text)
            try:
                frame, notes = read([tmp_path], PRINTS)
            except ConfigError as error:
                output = "".join(traceback.format_exception(error)) + repr(error)
            else:
                output = frame.to_csv() + repr(notes)
            assert "canaryKEY" not in output.replace(str(tmp_path), "")


def test_what_cannot_be_read_is_an_error_that_says_what_can(tmp_path) -> None:
    (tmp_path / "fortigate.conf").write_text("config vpn ipsec phase1-interface\n")
    for path in (tmp_path / "fortigate.conf", tmp_path):
        with pytest.raises(
            ConfigError,
            match=r"Read are: strongSwan ipsec.conf, strongSwan swanctl.conf, peer books \(.csv, .toml, .xlsx\)",
        ):
            read([path], PRINTS)
    with pytest.raises(ConfigError, match="gone: cannot be read: No such file"):
        read([tmp_path / "gone"], PRINTS)
    with pytest.raises(ConfigError, match=r"gone.toml: cannot be read"):
        read([tmp_path / "gone.toml"], PRINTS)
    (tmp_path / "ipsec.conf").write_bytes(b"conn a\xff\n")
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        read([tmp_path / "ipsec.conf"], PRINTS)
    (tmp_path / "big.toml").write_bytes(b"#" * (9 << 20))
    with pytest.raises(ConfigError, match="larger than 8 MiB"):
        read([tmp_path / "big.toml"], PRINTS)


def test_a_part_that_cannot_stand_alone_is_read_where_it_is_included(tmp_path) -> None:
    (tmp_path / "a.conf").write_text(" lifetime=1h\nconn x\n auto=add\n")
    (tmp_path / "main.conf").write_text("conn y\n auto=add\ninclude a.conf\n")
    frame, _ = read([tmp_path, tmp_path / "main.conf"], PRINTS)
    assert frame["name"].tolist() == ["y", "x"], "named twice, it counts once"
    (tmp_path / "main.conf").unlink()
    with pytest.raises(ConfigError, match=r"a.conf, line 1: a setting before any section"):
        read([tmp_path], PRINTS)


def test_files_of_windows_in_utf_16_hidden_files_and_pictures(tmp_path) -> None:
    (tmp_path / "gw.conf").write_text("conn a\r\n auto=add\r\n", encoding="utf-16")
    (tmp_path / "plan.png").write_bytes(b"\x89PNG\xff\xfe")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "ipsec.conf").write_text("conn b\n auto=add\n")
    frame, notes = read([tmp_path], PRINTS)
    assert frame["name"].tolist() == ["a"]
    assert [str(note).rpartition("/")[2] for note in notes] == ["plan.png: is not text in UTF-8. Save it as UTF-8."]


def test_nothing_given_is_an_empty_table() -> None:
    frame, notes = read([], PRINTS)
    pd.testing.assert_frame_equal(frame, TABLES["peers"].empty())
    assert notes == ()


def test_a_folder_that_is_no_folder_of_configurations_is_not_read_to_its_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("vpnaudit.peers.files._MOST_FILES", 2)
    for number in range(4):
        (tmp_path / f"{number}.conf").write_text("conn a\n auto=add\n")
    with pytest.raises(ConfigError, match=r"more than 2 files\. Name the folder of the configurations"):
        read([tmp_path], PRINTS)


def test_a_link_out_of_the_folder_is_told_and_not_read(tmp_path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (tmp_path / "outside.conf").write_text("conn b\n auto=add\n right=192.0.2.1\n")
    (folder / "ipsec.conf").write_text("conn a\n auto=add\n right=192.0.2.1\ninclude linked.conf\n")
    (folder / "linked.conf").symlink_to(tmp_path / "outside.conf")
    (folder / "within.conf").symlink_to(folder / "ipsec.conf")
    frame, notes = read([folder], PRINTS)
    assert "b" not in set(frame["name"])
    assert any("linked.conf: is a link out of the folder" in str(note) for note in notes)


CONF = "conn a\n auto=add\n right=192.0.2.1\n"


def test_a_file_can_be_bound_to_a_connection(tmp_path) -> None:
    (tmp_path / "ipsec.conf").write_text(CONF)
    (tmp_path / "a=b.conf").write_text(CONF)
    frame, _ = read([f"{tmp_path / 'ipsec.conf'}=c7", tmp_path / "a=b.conf"], PRINTS)
    assert records(frame)[0]["connection_id"] == "c7"
    assert records(frame)[1]["connection_id"] is None


@pytest.mark.parametrize("text", [CONF + CONF.replace("conn a", "conn b"), "config setup\n"])
def test_only_one_tunnel_can_be_bound(tmp_path, text: str) -> None:
    (tmp_path / "ipsec.conf").write_text(text)
    with pytest.raises(ConfigError, match=r"describes [02] tunnels, and one can be bound"):
        read([f"{tmp_path / 'ipsec.conf'}=c7"], PRINTS)
