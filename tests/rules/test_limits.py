"""Each limit of the policy is obeyed to the unit: what stands exactly at it passes, one unit stricter and it fails."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.estates import estate
from tests.rules.case_files import judged, limits
from vpnaudit.policy import Policy
from vpnaudit.rules import get


@dataclass(frozen=True)
class Bound:
    """A limit, a rule that obeys it, and one subject whose value is exactly `value`. `stricter` is the step that makes
    the limit harder: 1 for a least value, -1 for a greatest.
    """

    limit: str
    rule: str
    value: int
    stricter: int
    tables: dict = field(compare=False)
    says: str = ""

    def verdict(self, step: int) -> tuple[str, str, list[str]]:
        """Where the limit is so much stricter than the value: verdict, sentence, what is expected instead."""
        rows = judged(get(self.rule), estate(self.tables), limits({self.limit: self.value + step * self.stricter}))
        (row,) = rows.itertuples(index=False)
        return row.verdict, row.sentence, [str(reason["expected"]) for reason in row.reasons]


def gateway(**cells: object) -> dict:
    return {"customer_gateways": [{"id": "g1", **cells}]}


STUCK = {
    "given": "stranger",
    "tiers": [{"id": "t1"}],
    "connections": [{"id": "c1", "state": "Connecting", "created_utc": "2026-11-24T07:43:20+0000"}],
}
BOUNDS = [
    Bound("encryption_min_bits", "weak-encryption", 192, 1, gateway(ike_policy="aes192-sha256;modp2048"), "aes192"),
    Bound("encryption_min_bits", "weak-encryption", 128, 1, gateway(esp_policy="aes128-sha256;modp2048"), "aes128"),
    Bound(
        "integrity_min_bits",
        "weak-integrity",
        192,
        1,
        gateway(ike_policy="aes256-sha384;modp2048", esp_policy="aes256-sha512;modp2048"),
        "sha384",
    ),
    Bound(
        "dh_min_strength_bits",
        "weak-dh-group",
        128,
        1,
        gateway(ike_policy="aes256-sha256;modp3072", esp_policy="aes256-sha256;modp4096"),
        "modp3072",
    ),
    Bound("dh_min_strength_bits", "weak-dh-group", 112, 1, gateway(), "modp2048"),
    Bound("ike_lifetime_max_s", "lifetime-over-policy", 7200, -1, gateway(ike_lifetime_s=7200), "limit 7199 s"),
    Bound("esp_lifetime_max_s", "lifetime-over-policy", 1800, -1, gateway(esp_lifetime_s=1800), "limit 1799 s"),
    Bound("psk_min_bits", "weak-psk", 238, 1, gateway(), "fewer than 239"),
    Bound("remote_prefix_min", "remote-is-everything", 8, 1, gateway(cidr_list="10.0.0.0/8"), "10.0.0.0/8"),
    Bound("public_remote_prefix_min", "remote-is-everything", 12, 1, gateway(cidr_list="8.0.0.0/12"), "8.0.0.0/12"),
    Bound("connecting_max_s", "connection-stuck", 1000, -1, STUCK, "16 min"),
    Bound("lifetime_stable_min_s", "lifetime-not-applied", 1500, 1, gateway(esp_lifetime_s=1500), "under the 1501 s"),
    Bound("lifetime_stable_min_s", "lifetime-not-applied", 2400, 1, gateway(ike_lifetime_s=2400), "under the 2401 s"),
]


def test_every_limit_that_is_a_number_and_obeyed_by_a_rule_is_here() -> None:
    numbers = {name for name, of in Policy.model_fields.items() if of.annotation is int}
    assert {bound.limit for bound in BOUNDS} == numbers - {"coverage_min_percent"}  # of the whole audit


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: f"{bound.rule} {bound.limit} {bound.value}")
def test_what_is_exactly_at_the_limit_passes_and_one_unit_beyond_it_fails(bound: Bound) -> None:
    at, below = bound.verdict(0), bound.verdict(-1)
    assert (at[0], below[0]) == ("pass", "pass"), at
    verdict, sentence, expected = bound.verdict(1)
    assert verdict == "fail"
    assert bound.says in sentence
    assert expected
