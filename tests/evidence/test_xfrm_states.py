"""The kernel's counts are read by SPI, and the keys beside them are not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.router_files import META, router, up
from tests.ipsec.pairs import modest
from vpnaudit.evidence.tables import rows
from vpnaudit.evidence.xfrm_states import XfrmCounts, read_xfrm_counts

STATES = """# ip -s xfrm state list
src 192.0.2.26 dst 198.51.100.7
  proto esp spi 0xc2c57442(3267720258) reqid 1(0x00000001) mode tunnel
  replay-window 32 seq 0x00000000 flag af-unspec (0x00100000)
  auth-trunc hmac(sha256) 0xcanary 128
  stats:
    replay-window 0 replay 3 failed 7
src 198.51.100.7 dst 192.0.2.26
  stats:
    replay-window 0 replay 9 failed 9
""".replace("  ", "\t")


def test_the_counts_are_read_by_spi():
    assert read_xfrm_counts(STATES) == {"c2c57442": XfrmCounts(3, 7)}


def test_they_stand_beside_the_child_that_has_the_spi(tmp_path):
    read = rows(router(tmp_path, status_txt=up(), xfrm_txt=STATES, meta_txt=META))
    (child,) = [row for row in read["tunnel_status"] if row["kind"] == "child"]
    assert (child["replayed_packets"], child["failed_packets"]) == (3, 7)
    assert "canary" not in repr(read)
    (bare,) = [row for row in rows(router(tmp_path / "b", status_txt=up()))["tunnel_status"] if row["kind"] == "child"]
    assert (bare["replayed_packets"], bare["failed_packets"]) == (None, None)


@given(st.text(max_size=100))
@modest
def test_no_text_breaks_the_reader(text):
    read_xfrm_counts(f"src a dst b\n\tproto esp spi 0xc2c57442 {text}\n{text}")
