"""What a setting does to its connection is what real daemons did with it, for every setting that was measured."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.peers.reading_text import END, conn, ipsec_row, swanctl_row
from vpnaudit.knowledge import strongswan
from vpnaudit.peers.strongswan_settings import Judgement, judge_swanctl, judged_conn, refused_setup

MEASURED = Path(__file__).parent.parent / "data" / "strongswan" / "settings.csv"
with MEASURED.open(encoding="utf-8", newline="") as file:
    SETTINGS = [row for row in csv.DictReader(file) if not row["setting"].rstrip().endswith("=")]


def loaded(row: dict[str, str]) -> bool:
    """Whether strongSwan 5.9.8 loads it, by what is read of the whole file."""
    key, _, value = row["setting"].partition("=")
    if row["file"] == "ipsec.conf":
        base = END if key.strip() != "auto" else END.replace(" auto=start\n", "")
        read = ipsec_row(f"conn a{base} {row['setting']}\n")
    else:
        places = {"connection": ("{}", ""), "local": ("local {{ {} \n }}", ""), "child": ("", "{}")}
        settings, child = places[row["section"]]
        line = f"{key.strip()} = {value.strip()}"
        read = swanctl_row(conn(settings.format(line), child.format(line)))
    return not read.get("refused") and "strongSwan 6" not in read.get("undecided", "")


# charon loads a version that it has not, and does nothing with it; ah= counts by being there; a bypass is no tunnel
BESIDE = {"type=passthrough", "type=reject", "version = 3", "ah=foo", "ah_proposals = x"}


@pytest.mark.parametrize("row", SETTINGS, ids=[f"{row['section']}: {row['setting']}" for row in SETTINGS])
def test_a_measured_setting_keeps_its_connection_from_loading_or_not(row: dict[str, str]) -> None:
    if row["setting"].strip() not in BESIDE:
        assert loaded(row) is (row["loaded"] == "yes")


def test_words_of_libreswan_are_another_dialect_unless_strongswan_would_not_load_them_anyway() -> None:
    judgement = judged_conn({"phase2alg": "aes256-sha256", "ikev2": "insist"})
    assert "libreswan" in str(judgement.undecided)
    refused = judged_conn({"dpdaction": "restart_by_peer"})
    assert refused.undecided is None
    assert refused.refused == ["dpdaction has a value that it does not take"]
    assert any("another dialect" in text for text in refused.texts())
    row = ipsec_row(f"conn a{END} phase2alg=aes256-sha256\n")
    assert "implementation" not in row
    assert row["unread"] == "phase2alg"


def test_what_is_on_no_list_of_harmless_words_is_told_and_lowers_the_confidence() -> None:
    judgement = judged_conn({"nonsense": "1", "mark": "5", "compress": "yes", "pfs": "yes", "sha256_96": "yes"})
    assert judgement.unread == ["nonsense", "mark"]
    assert judgement.decides == ["sha256_96"]
    assert any("pfs means nothing" in text for text in judgement.texts())
    assert "sha256_96 decides" in str(judgement.undecided)
    many = judged_conn({f"word{number}": "x" for number in range(9)})
    assert "and 4 more" in many.texts()[0]


def test_a_word_of_a_later_release_leaves_it_open_and_a_word_of_none_does_not() -> None:
    judgement = Judgement()
    judge_swanctl(judgement, "child", {"per_cpu_sas": "yes", "mode": "iptfs", "updown": "x", "sha256_96": "no"})
    assert judgement.later == ["per_cpu_sas", "mode"]
    assert judgement.unread == ["updown"]
    assert "strongSwan 6 takes it" in str(judgement.undecided)
    judge_swanctl(judgement, "child", {"nonsense": "1"})
    assert judgement.undecided is None
    assert judgement.refused == ["'nonsense' is no word of its child section"]
    judge_swanctl(judgement, "connection", {"local_port": "4500"})
    assert judgement.decides == ["local_port"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"charondebug": "ike 2", "nonsense": "1", "uniqueids": "no"}, None),
        ({"keyexchange": "ikev2"}, "keyexchange does not belong"),
        ({"uniqueids": "maybe"}, "uniqueids of config setup"),
    ],
)
def test_a_config_setup_can_stop_the_whole_file(settings: dict[str, str], why: str | None) -> None:
    refused = refused_setup(settings)
    assert refused is None if why is None else why in str(refused)


def test_every_word_stands_on_one_list() -> None:
    data = strongswan.settings()
    sections = [data["ipsecconf"], *(data["swanctl"][kind] for kind in ("connection", "auth", "child"))]
    for section in sections:
        words = [word for part, listed in section.items() if isinstance(listed, list) for word in listed]
        assert len(words) == len(set(words))
        assert {word for listed in section["values"].values() for word in listed} <= set(words)
