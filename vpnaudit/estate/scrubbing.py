"""Takes the keys of a run out of every text of a table, once all keys are known.

A tenant may choose a key that is a word of the API, such as `Connected` or `aes256-sha256`. In columns that hold such
words by themselves it stays: it tells nothing there, and without them nothing could be judged. A cell of such a column
that holds any other key becomes missing, which is never a pass. So it is with the settings in a far side's file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vpnaudit.estate.columns import STRING
from vpnaudit.psk import REMOVED

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

# Ids and names that the server, the operator or this program makes: a tenant writes none of them.
_OURS = re.compile(
    r"id|\w+_ids?|source|endpoint|psk_\w+|start_fingerprint|sha256|table|command|pass|column_names|rows_where", re.ASCII
)
_OPERATORS = frozenset({("settings", "name"), ("peers", "book"), ("peers", "file")})
# Identities that a far side's file chooses.
_CHOSEN = frozenset({("peers", "id"), ("peers", "peer_id")})
# Values that rules read.
_VALUES = frozenset(
    {
        *("action", "cidr", "cidr_list", "cloudstack_version", "default_value", "esp_policy", "excluded_parameters"),
        *("gateway", "hypervisor", "ike_policy", "ike_version", "ip4_routing", "ip_address", "ip_range", "level"),
        *("netmask", "network_mode", "network_type", "allocation_state", "next_hop", "obsolete_parameters", "protocol"),
        *("public_ip", "redundant_state", "resource_type", "role_type", "services", "software_version", "state"),
        *("template_version", "traffic_type", "type", "value", "vpn_provider"),
        *("address", "public_address", "peer_address", "id", "peer_id", "dialect", "implementation", "auth", "auto"),
        *("peer_auth", "ike_versions", "initiates_with", "ike_proposals", "esp_proposals", "pfs_groups", "childless"),
        *("local_subnets", "remote_subnets", "virtual_ip", "mode", "key_roles"),
    }
)
# Texts of the server that rules read, among those of tenants.
_SERVER_TEXTS = re.compile(r"default_(?:allow|deny)\Z|Placing network ACL item(?= )")
_SUITE = r"(?:3des|aes(?:128|192|256))-(?:md5|sha1|sha256|sha384|sha512)(?:;modp\d{3,4})?"
_ADDRESS = re.compile(r"[0-9.]+|%any")
# A far side's address or identity may be a domain name, and that is any word.
_NAMED_BY_ANYBODY = frozenset({"gateway", "address", "public_address", "peer_address", "id", "peer_id"})
_ALGORITHM = r"(?:3des|aes|blowfish|camellia|cast|chacha|curve|ecp|esn|md5|modp|noesn|null|prf|sha|x25519|x448)\w{0,16}"
_PROPOSAL = rf"{_ALGORITHM}(?:-{_ALGORITHM})*"
_API_WORD = re.compile(
    rf"[A-Za-z]+(?:[ ._-][A-Za-z]+)*|[0-9./,:-]+|{_SUITE}(?:,{_SUITE})*|{_PROPOSAL}(?:,{_PROPOSAL})*"
    r"|ikev[12](?:,ikev[12])*"
)


def scrubbed(name: str, frame: pd.DataFrame, without_keys: Callable[[str], str]) -> pd.DataFrame:
    """The table of that name without the keys that `without_keys` takes out of a text."""
    changes = {}
    for column in frame.columns:
        place = (name, str(column))
        if frame[column].dtype != STRING or place in _OPERATORS or (_OURS.fullmatch(column) and place not in _CHOSEN):
            continue
        texts = {text: _clean(column, text, without_keys) for text in frame[column].dropna().unique()}
        if any(clean != text for text, clean in texts.items()):
            changes[column] = frame[column].map(texts, na_action="ignore").astype(STRING)
    return frame.assign(**changes) if changes else frame


def _clean(column: str, text: str, without_keys: Callable[[str], str]) -> str | None:
    if column not in _VALUES:
        return _clean_text(text, without_keys)
    if (_ADDRESS if column in _NAMED_BY_ANYBODY else _API_WORD).fullmatch(text):
        return text
    return None if REMOVED in without_keys(text) else text


def _clean_text(text: str, without_keys: Callable[[str], str]) -> str:
    """A text of anybody; what the server itself begins it with stays."""
    own = _SERVER_TEXTS.match(text)
    start = own[0] if own else ""
    rest = text[len(start) :]
    return start + without_keys(rest) if rest else start
