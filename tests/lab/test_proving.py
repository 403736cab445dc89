"""Predictions, held to two real strongSwan daemons in both directions."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from tests.lab.pairs import VERDICTS, measured_pairs, random_pairs
from vpnaudit.errors import LabError
from vpnaudit.lab import prove

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.usefixtures("here")]
SEED = 20261124


@pytest.mark.timeout(900)
def test_forty_pairs_of_all_verdicts_do_in_both_directions_what_is_predicted():
    pairs = random_pairs(28, SEED) + measured_pairs(14, SEED)
    with ThreadPoolExecutor(8) as several:
        proofs = list(several.map(lambda pair: prove(pair.router, pair.peer, psk=pair.psk, path=pair.path), pairs))
    wrong = {
        pair.name: [(who, one.field, one.predicted, one.measured) for who, one in proof.differences]
        for pair, proof in zip(pairs, proofs, strict=True)
        if not proof.held
    }
    assert wrong == {}
    assert len(pairs) >= 40
    assert {run.predicted.verdict for proof in proofs for run in proof.runs} == set(VERDICTS)
    assert {len(proof.runs) for proof in proofs} == {2}


def test_a_wrong_prediction_is_shown_by_field_with_both_values(monkeypatch):
    """A lab that always agrees would prove nothing: here the prediction is made for an equal key, and the peer gets
    another.
    """
    from vpnaudit.lab import measure

    honest = measure.peer_files
    monkeypatch.setattr(measure, "peer_files", lambda peer, psk: honest(peer, "unequal"))
    proof = prove(ROUTER, equal_peer(ROUTER), initiators=["router"])
    assert not proof.held
    values_by_field = {one.field: (one.predicted, one.measured) for _, one in proof.differences}
    assert values_by_field["verdict"] == ("ok", "no_ike")
    assert values_by_field["api_state"] == ("Connected", "Disconnected")
    assert values_by_field["packets"] == ({"10.1.0.5 > 10.2.0.5": True}, {"10.1.0.5 > 10.2.0.5": False})


def test_the_evidence_is_complete_and_its_sums_are_right(tmp_path):
    folder = tmp_path / "new" / "evidence"
    progress = []
    proof = prove(ROUTER, equal_peer(ROUTER), initiators=["peer"], evidence=folder, on_progress=progress.append)
    assert proof.held
    assert proof.evidence == folder
    assert progress
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
    present = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} - {"SHA256SUMS"}
    assert set(sums) == present
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    assert {"inputs.json", "prediction.json", "outcome.json", "README.txt"} <= present
    for name in ("up.txt", "router/charon.log", "peer/charon.log", "router/statusall.txt", "peer/etc/ipsec.conf"):
        assert f"peer-starts/{name}" in present
    assert "established" in (folder / "peer-starts/router/charon.log").read_text()
    outcome = json.loads((folder / "outcome.json").read_text())
    assert outcome["held"] is True
    assert outcome["runs"][0]["fields"]["verdict"] == {"predicted": "ok", "measured": "ok"}
    assert list(folder.parent.iterdir()) == [folder]


def test_evidence_is_never_mixed_with_what_is_there(tmp_path):
    (tmp_path / "old").write_text("")
    with pytest.raises(LabError, match="never mixed"):
        prove(ROUTER, equal_peer(ROUTER), evidence=tmp_path)


def test_what_is_not_known_of_the_peer_is_taken_as_equal_and_listed():
    peer = replace(equal_peer(ROUTER), ike_proposals=None, id=None, implementation="somebox")
    proof = prove(ROUTER, peer, initiators=["router"])
    assert proof.held
    assert {"ike_proposals", "id"} <= set(proof.assumed)
    assert any("played by strongSwan" in limit for limit in proof.limits)


def test_a_router_behind_static_nat_and_a_gateway_that_is_a_name_are_laid_out():
    behind = replace(ROUTER, local_ip="192.168.9.9")
    assert prove(behind, equal_peer(behind)).held
    named = replace(ROUTER, gateway="vpn.example.com")
    peer = replace(equal_peer(named), address="203.0.113.2", id="vpn.example.com")
    assert prove(named, peer, initiators=["router"]).runs[0].measured.ike_version == 2


def test_a_peer_behind_nat_with_forwarded_ports_is_reached():
    peer = replace(equal_peer(ROUTER), address="192.168.77.2", public_address=ROUTER.gateway)
    assert prove(ROUTER, peer).held
