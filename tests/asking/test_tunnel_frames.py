"""The frames of a tunnel: typed, whole, and harmless whatever its names hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.estates import FULL, only
from vpnaudit.asking import tunnel_frames
from vpnaudit.asking.tunnel import Tunnel, tunnel_of

SAME = {
    **FULL,
    "aggressive": False,
    "initiates_with": "ikev2",
    "ike_versions": "ikev2",
    "esp_proposals": "aes256-sha256-modp2048",
}
LATER = {**SAME, "esp_proposals": "aes256-sha256-modp1024", "esp_lifetime_s": 3600}


def test_names_of_strangers_are_harmless_in_plain_tables() -> None:
    ends = replace(only({**LATER, "name": "<script>x</script>"}), label="<script>alert(1)</script>\n")
    page = tunnel_of(ends, {"dpd": "false"})._repr_html_()
    assert "<script" not in page
    assert "What the changes do" in page
    assert "What the changes do" not in Tunnel(ends)._repr_html_()


@pytest.mark.parametrize("frame", ["sides", "timeline", "reasons", "pairs", "suites", "difference"])
@pytest.mark.parametrize("peers", [(), (LATER,)], ids=["no far side", "a far side"])
def test_have_their_columns_and_types_with_rows_and_without(frame: str, peers: tuple[dict, ...]) -> None:
    table = getattr(Tunnel(only(*peers)), frame)
    assert set(map(str, table.dtypes.drop("ok", errors="ignore"))) == {"string"}
    assert str(table.get("ok", default=table.iloc[:, 0]).dtype) == ("boolean" if frame == "timeline" else "string")
    assert table.empty is (frame == "difference" or (not peers and frame != "sides"))


def test_a_difference_has_what_came_and_what_went_and_reasons_last() -> None:
    rows = tunnel_frames.difference({"reason x": "cause", "a": "1", "same": "2"}, {"a": "3", "same": "2", "b": "4"})
    assert rows.to_numpy().tolist() == [["a", "1", "3"], ["b", "", "4"], ["reason x", "cause", ""]]


def test_a_reason_of_one_end_alone_says_no_far_side() -> None:
    (line,) = (line for line in Tunnel(only({**SAME, "dpd": False})).lines if line.reason.field == "dpd")
    assert tunnel_frames.changeable([], [line]) == {"reason dpd": "no cause: yes, far side no"}
    alone = replace(line, reason=replace(line.reason, theirs=""))
    assert tunnel_frames.changeable([], [alone]) == {"reason dpd": "no cause: yes"}
