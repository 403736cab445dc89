"""Far sides that files tell of join an estate: which end is whose, what is replaced, and when keys can be compared."""

from __future__ import annotations

import pytest

from tests import replay
from vpnaudit.errors import ConfigError
from vpnaudit.peers.joining import with_peer_tunnels
from vpnaudit.psk import Fingerprinter


@pytest.fixture(scope="module")
def run() -> Fingerprinter:
    return Fingerprinter()


@pytest.fixture(scope="module")
def estate(run):
    return replay.estate_of("auditor", fingerprinter=run)


def book(folder, lifetime: str = "8h"):
    file = folder / "peers.toml"
    file.write_text(f'[[peer]]\nname = "a"\naddress = "203.0.113.2"\nike_lifetime = "{lifetime}"\npsk = "one key"\n')
    return file


def test_keys_are_compared_in_the_run_that_read_both_sides_and_in_no_other(estate, run, tmp_path):
    joined, notes = with_peer_tunnels(estate, [book(tmp_path)], run)
    assert joined["peers"]["psk_fingerprint"].tolist() == [run.facts("one key").fingerprint]
    later, _ = with_peer_tunnels(estate, [book(tmp_path)])
    assert later["peers"]["psk_fingerprint"].isna().all()
    assert later["peers"]["psk_length"].tolist() == [7], "what is no comparison stays"
    (note,) = notes
    assert "'a' belongs to no connection" in note.text


def test_a_tunnel_that_is_read_again_is_replaced_and_the_estate_it_came_from_is_not_changed(estate, tmp_path):
    first, _ = with_peer_tunnels(estate, [book(tmp_path)])
    second, _ = with_peer_tunnels(first, [book(tmp_path, "4h")])
    assert second["peers"]["ike_lifetime_s"].tolist() == [14400]
    assert first["peers"]["ike_lifetime_s"].tolist() == [28800]
    assert len(estate["peers"]) == 0


def test_the_routers_of_the_estate_tell_which_end_of_a_file_is_the_far_one(estate, tmp_path):
    ours = estate["vpn_gateways"]["public_ip"].iloc[0]
    (tmp_path / "ipsec.conf").write_text(f"conn a\n left={ours}\n right=203.0.113.2\n auto=start\n")
    joined, _ = with_peer_tunnels(estate, [tmp_path])
    assert joined["peers"][["address", "peer_address"]].to_numpy().tolist() == [["203.0.113.2", ours]]


KEY = "Canary-Psk-0123456789"


def test_a_key_that_its_own_file_repeats_stands_in_no_cell_and_no_note(estate, tmp_path):
    ours = estate["vpn_gateways"]["public_ip"].iloc[0]
    conn = "conn {}\n left=203.0.113.{}\n leftid=@{}\n right={}\n authby=secret\n auto=start\n {}=1\n"
    names = (KEY, f"to-{KEY}", f"to-{KEY}%")
    conns = [conn.format(name, number, KEY, ours, KEY) for number, name in enumerate(names, start=2)]
    (tmp_path / "ipsec.conf").write_text("".join(conns))
    (tmp_path / "ipsec.secrets").write_text(f': PSK "{KEY}"\n: PSK "{KEY}%"\n')
    joined, notes = with_peer_tunnels(estate, [tmp_path])
    assert len(joined["peers"]) == len(names)
    assert not joined["peers"].duplicated(["book", "name"]).any()
    assert KEY not in joined["peers"].to_csv() + repr(notes) + "".join(map(str, notes))
    assert joined["peers"]["id"].isna().all(), "what decides becomes missing, never another word"
    assert notes


def test_a_key_is_taken_out_of_an_error_too(estate, tmp_path):
    book = f'[[peer]]\nname = "a"\npsk = "{KEY}"\n[[peer]]\nname = "b"\n"{KEY}" = 1\n'
    (tmp_path / "peers.toml").write_text(book)
    with pytest.raises(ConfigError) as caught:
        with_peer_tunnels(estate, [tmp_path / "peers.toml"])
    assert KEY not in str(caught.value)
