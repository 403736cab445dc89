"""A tunnel's fields are the columns of the table, and a dialect is a module of the folder."""

from __future__ import annotations

from dataclasses import fields

from vpnaudit.estate.tables import TABLES
from vpnaudit.peers.interface import PeerTunnel, dialects, pfs_groups
from vpnaudit.psk import Fingerprinter


def test_dialects_are_found_by_listing_the_folder() -> None:
    assert [(dialect.name, dialect.file_name) for dialect in dialects()] == [
        ("strongswan-ipsecconf", "ipsec.conf"),
        ("strongswan-swanctl", "swanctl.conf"),
    ]


def test_groups_of_no_proposals_are_not_known() -> None:
    assert pfs_groups(None) is None
    assert pfs_groups(("nonsense",)) == ""


def test_the_fields_of_a_tunnel_are_the_columns_of_the_table() -> None:
    row = PeerTunnel("a", "f", 1, "book", key=Fingerprinter().facts("key")).row("book")
    assert set(row) == {column.name for column in TABLES["peers"].columns}
    assert {field.name for field in fields(PeerTunnel)} - set(row) == {"key"}


def test_what_a_file_does_not_say_stays_missing_and_an_empty_list_does_not() -> None:
    row = PeerTunnel("a", "f", None, "book", ike_proposals=(), local_subnets=("10.2.0.0/16", "dynamic")).row("book")
    assert (row["ike_proposals"], row["local_subnets"]) == ("", "10.2.0.0/16,dynamic")
    assert row["esp_proposals"] is row["pfs_groups"] is row["line"] is None
    assert "psk_length" not in row
