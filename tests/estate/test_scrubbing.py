"""All keys of a run leave all texts of all tables; what rules read by its value is never replaced by words."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.audit import audit
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.scrubbing import scrubbed
from vpnaudit.policy import load
from vpnaudit.psk import REMOVED, Fingerprinter
from vpnaudit.rules import get

KEY = "Canary-Psk-0123456789"


def cell(name: str, column: str, text: str, *psks: str) -> str | None:
    prints = Fingerprinter()
    for psk in psks or (KEY,):
        prints.facts(psk)
    frame = TABLES[name].frame([dict.fromkeys(TABLES[name].key, row) for row in "xy"])
    frame.loc[0, column] = text
    clean = scrubbed(name, frame, prints.without_keys)
    TABLES[name].check(clean)
    value = clean[column].iloc[0]
    return None if pd.isna(value) else str(value)


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.command or name in ("gaps", "peers")])
def test_no_text_of_any_table_keeps_a_key_but_ids_and_what_the_operator_wrote(name: str) -> None:
    kept = {
        column
        for column, dtype in TABLES[name].dtypes.items()
        if dtype == "string" and column != "source" and KEY in (cell(name, column, f"a {KEY} b") or "")
    }
    free = {"endpoint", "table", "command", "pass", "column_names", "rows_where", "book", "file", "start_fingerprint"}
    assert (
        not {column for column in kept if not column.endswith(("id", "ids")) and not column.startswith("psk_")}
        - free
        - ({"name"} if name == "settings" else set())
    )


@pytest.mark.parametrize(
    ("name", "column", "text", "clean"),
    [
        ("vpcs", "name", f"to {KEY}", f"to {REMOVED}"),
        ("acl_rules", "reason", KEY, REMOVED),
        ("events", "description", f"Placing network ACL item [{KEY}]", f"Placing network ACL item [{REMOVED}]"),
        ("customer_gateways", "gateway", KEY, None),
        ("customer_gateways", "ike_policy", KEY, None),
        ("customer_gateways", "gateway", "203.0.113.9", "203.0.113.9"),
        ("peers", "name", f"to {KEY}", f"to {REMOVED}"),
        ("peers", "undecided", f"{KEY} is no group", f"{REMOVED} is no group"),
        ("peers", "id", f"@{KEY}", None),
        ("peers", "peer_id", KEY, None),
        ("peers", "connection_id", KEY, KEY),
        ("peers", "book", f"/etc/{KEY}/ipsec.conf", f"/etc/{KEY}/ipsec.conf"),
    ],
)
def test_words_are_put_into_texts_and_never_into_values(name: str, column: str, text: str, clean: str | None) -> None:
    assert cell(name, column, text) == clean


@pytest.mark.parametrize(
    ("name", "column", "key"),
    [
        ("connections", "state", "Connected"),
        ("customer_gateways", "ike_policy", "aes256-sha256;modp2048"),
        ("customer_gateways", "gateway", "203.0.113.9"),
        ("connections", "cidr_list", "10.0.0.0/8,10.1.0.0/16"),
        ("acl_lists", "name", "default_allow"),
        ("tiers", "acl", "default_deny"),
        ("settings", "name", "default.page.size"),
        ("vpcs", "id", "1d4f2f3e-0000-4000-8000-000000000001"),
        ("peers", "ike_proposals", "aes256gcm16-prfsha384-ecp384,3des-sha1-modp1024"),
        ("peers", "ike_versions", "ikev1,ikev2"),
        ("peers", "address", "203.0.113.9"),
        ("peers", "peer_address", "%any"),
    ],
)
def test_a_key_that_is_a_word_of_the_api_blinds_nobody(name: str, column: str, key: str) -> None:
    assert cell(name, column, key, key) == key


def test_a_name_that_only_begins_like_the_servers_own_is_a_tenants() -> None:
    assert cell("acl_lists", "name", f"default_allow{KEY}") == f"default_allow{REMOVED}"


def test_a_domain_name_that_is_a_key_is_missing_though_it_is_a_word() -> None:
    assert cell("customer_gateways", "gateway", "correct-horse-battery", "correct-horse-battery") is None


def test_a_table_without_a_key_is_the_same_object() -> None:
    frame = TABLES["vpcs"].frame([{"source": "s1", "id": "x", "name": "shop"}])
    assert scrubbed("vpcs", frame, Fingerprinter().without_keys) is frame


RULES = ("acl-default", "acl-reorder-not-applied", "acl-rule-dead", "connection-stuck", "weak-encryption")
ESTATE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1", "ike_policy": "3des-md5;modp1024", "gateway": "203.0.113.9"}],
    "connections": [{"id": "c1", "state": "Error", "gateway": "203.0.113.9"}],
    "acl_lists": [{"id": "l1", "name": "default_allow", "vpc_id": "?"}],
    "acl_rules": [{"id": "r1"}],
    "tiers": [{"id": "t1", "acl": "default_allow"}],
    "events": [{"id": "e1", "type": "NETWORK.ACL.ITEM.UPDATE", "description": "Placing network ACL item [r1] between"}],
}


@pytest.mark.parametrize(
    "key",
    [
        *("Connected", "3des-md5;modp1024", "default_allow", "203.0.113.9", "Placing network ACL item", "Ingress"),
        *("NETWORK.ACL.ITEM.UPDATE", "10.1.0.0/16", "Placing network ACL item [r1] between", "Site2Site", "item [r1]"),
    ],
)
def test_no_choice_of_a_key_turns_a_finding_into_a_pass(key: str) -> None:
    prints = Fingerprinter()
    prints.facts(key)
    before = estate(ESTATE)
    after = Estate({name: scrubbed(name, frame, prints.without_keys) for name, frame in before.tables.items()})
    verdicts = [
        audit(whole, load(), [get(rule) for rule in RULES]).coverage.set_index(["rule", "subject_id"])["verdict"]
        for whole in (before, after)
    ]
    assert "fail" in set(verdicts[0])
    turned = verdicts[0].to_frame("before").join(verdicts[1].rename("after"), how="inner")
    assert not len(turned[(turned["before"] != turned["after"]) & (turned["after"] != "cannot-tell")])
