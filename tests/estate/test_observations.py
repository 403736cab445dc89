"""What was observed of a connection is what the tables say of it: of split ones each its own, of strangers all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.evidence.router_files import META, NOTHING_UP, START, folder, log
from vpnaudit.estate import Estate
from vpnaudit.estate.observations import observations
from vpnaudit.evidence.joining import with_evidence

if TYPE_CHECKING:
    from vpnaudit.diagnosis.observation import Observation

CONF = (
    "conn vpn-192.0.2.26\n left=198.51.100.7\n right=192.0.2.26\n leftsubnet=10.1.0.0/16\n rightsubnet=10.22.0.0/24\n"
    " dpddelay=20\n dpdtimeout=90\n dpdaction=restart\n"
    "conn vpn-192.0.2.26-2\n also=vpn-192.0.2.26\n rightsubnet=10.23.0.0/24\n"
)
LINES = (
    f"05:40:00 {START}",
    "05:40:07 05[IKE] initiating IKE_SA vpn-192.0.2.26[1] to 192.0.2.26",
    "05:40:07 06[NET] received packet: from 203.0.113.9[500] to 198.51.100.7[500] (80 bytes)",
    "05:40:08 07[IKE] IKE_SA L2TP-PSK[2] established between 198.51.100.7[a]...192.0.2.26[gw.example]",
    "05:40:09 08[IKE] initiating IKE_SA own[3] to 192.0.2.50",
    "05:40:09 08[CFG] looking for peer configs matching 198.51.100.7[a]...192.0.2.99[b]",
)


def observed(path, **files: str) -> dict[str, Observation]:
    texts = {"meta_txt": META, "log_txt": log(*LINES)} | files
    estate, _ = with_evidence(Estate(), [folder(path, **texts)])
    return {one.name: one for _, _, one in observations(estate)}


def test_settings_are_those_that_are_loaded_else_those_of_the_file(tmp_path):
    one = observed(tmp_path, a_conf=CONF, status_txt=NOTHING_UP)["vpn-192.0.2.26"]
    assert (one.gateway, one.version, one.near, one.far) == ("192.0.2.26", "ikev2", ("10.1.0.0/16",), ("10.22.0.0/24",))
    assert (one.dpd_delay_s, one.dpd_timeout_s, one.configured, one.loaded, one.status) == (30, 90, True, True, True)


def test_a_split_connection_has_its_own_networks_and_the_others_ike_sa(tmp_path):
    one = observed(tmp_path, a_conf=CONF)["vpn-192.0.2.26-2"]
    assert (one.ike_name, one.far) == ("vpn-192.0.2.26", ("10.23.0.0/24",))
    assert "initiating" in {sighting.id for sighting in one.sightings}


def test_what_was_not_there_is_unknown(tmp_path):
    one = observed(tmp_path)["own"]
    assert (one.configured, one.loaded, one.counters, one.status, one.gateway) == (None, None, None, False, None)


def test_remote_access_is_no_site_and_its_events_are_of_the_gateway_that_it_took(tmp_path):
    every = observed(tmp_path, a_conf=CONF)
    assert sorted(every) == ["own", "vpn-192.0.2.26", "vpn-192.0.2.26-2"]
    assert [one.id for one in every["vpn-192.0.2.26"].remote_access] == ["ike_established"]


def test_strangers_are_those_whose_address_no_connection_has(tmp_path):
    addresses = {one.address for one in observed(tmp_path, a_conf=CONF)["vpn-192.0.2.26"].foreign}
    assert "203.0.113.9" in addresses
    assert "192.0.2.26" not in addresses
