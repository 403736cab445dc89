"""Far sides that files tell of join an estate: which end is whose, what is replaced, and when keys can be compared."""

from __future__ import annotations

import pytest

from tests import replay
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
