"""What routers show beside what the API says: nobody is left out, the worst is first, and names find their tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from tests.evidence.router_files import META, NOTHING_UP, PEER, START, folder, log, up
from vpnaudit.asking.diagnosis import NOT_ASKED, diagnoses_beside_state, diagnosis_of
from vpnaudit.errors import ConfigError
from vpnaudit.evidence.joining import with_evidence

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.estate import Estate

TABLES = {
    "vpcs": [{"id": "p1", "name": "web"}],
    "vpn_gateways": [{"id": "v1", "public_ip": "198.51.100.7"}],
    "customer_gateways": [
        {"id": "g1", "gateway": "192.0.2.26", "name": "<b>office</b>"},
        {"id": "g2", "gateway": "192.0.2.99", "name": "unseen"},
    ],
    "connections": [
        {"id": "c1", "gateway": "192.0.2.26", "customer_gateway_id": "g1", "public_ip": "198.51.100.7"},
        {"id": "c2", "gateway": "192.0.2.99", "customer_gateway_id": "g2", "public_ip": "198.51.100.7"},
    ],
}
LOG = log(
    f"05:40:00 {START}",
    "05:40:07 06[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
    "05:40:07 06[NET] sending packet: from 198.51.100.7[500] to 192.0.2.26[500] (1316 bytes)",
    f"05:40:08 07[NET] received packet: {PEER.format(500)}",
    "05:40:08 07[IKE] received NO_PROPOSAL_CHOSEN notify error",
)


@pytest.fixture
def joined(tmp_path: Path) -> Estate:
    """One connection that is refused, one that the router does not have."""
    files = folder(tmp_path / "r", status_txt=NOTHING_UP, log_txt=LOG, meta_txt=META)
    return with_evidence(estate(TABLES), [files])[0]


def test_every_connection_is_there_and_what_fails_is_before_what_is_not_known(joined: Estate) -> None:
    frame = diagnoses_beside_state(joined)
    assert list(frame["connection_id"]) == ["c1", "c2"]
    assert list(frame["verdict"].fillna("-")) == ["proposal_phase1", "-"]
    assert list(frame["state"]) == ["Connected", "Connected"]
    assert frame["carries"].fillna(value=True).tolist() == [False, True]
    assert frame["unknown"][1] == NOT_ASKED


def test_what_carries_is_last(tmp_path: Path) -> None:
    logged = log(f"05:40:00 {START}")
    files = folder(tmp_path / "r", status_txt=up(), log_txt=logged, meta_txt=META)
    frame = diagnoses_beside_state(with_evidence(estate(TABLES), [files])[0])
    assert list(frame["connection_id"]) == ["c2", "c1"]
    assert frame["carries"][1]


@pytest.mark.parametrize("text", ["c1", "192.0.2.26", "vpn-192.0.2.26", "web/<B>office</b>"])
def test_a_connection_is_found_by_any_of_its_names(joined: Estate, text: str) -> None:
    answer = diagnosis_of(joined, text)
    assert list(answer.verdicts["verdict"]) == ["proposal_phase1"]
    assert "for" in set(answer.reasons["speaks"])
    assert answer.reasons["place"].str.contains("log.txt:").any()
    assert "<b>office" not in answer._repr_html_()


def test_a_tunnel_of_another_estate_is_found_by_its_address(tmp_path: Path) -> None:
    files = folder(tmp_path / "r", status_txt=NOTHING_UP, log_txt=LOG, meta_txt=META)
    alone, _ = with_evidence(estate({}), [files])
    answer = diagnosis_of(alone, "192.0.2.26")
    assert answer.label == "vpn-192.0.2.26 on r-12-VM, none of this estate"
    assert answer.verdicts["state"].isna().all()


def test_a_name_that_fits_nothing_says_which_names_do(joined: Estate) -> None:
    with pytest.raises(ConfigError, match=r"is no connection.*vpn-ADDRESS"):
        diagnosis_of(joined, "nowhere")


def test_without_evidence_every_connection_is_open() -> None:
    frame = diagnoses_beside_state(estate(TABLES))
    assert set(frame["unknown"]) == {NOT_ASKED}
    assert diagnosis_of(estate(TABLES), "c2").reasons.empty
