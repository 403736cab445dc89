"""No key is in anything that is written or printed: snapshot, notebook, HTML, mail, logs at debug level, tracebacks; in
no common form.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import shutil
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import httpx
import pandas as pd
import pytest

from tests import replay
from tests.evidence.router_files import META, START, log, up
from tests.evidence.router_files import folder as router_folder
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect, collect_estate
from vpnaudit.errors import Refused
from vpnaudit.estate import TABLES, Estate
from vpnaudit.psk import REMOVED
from vpnaudit.sandbox import Faults, Sandbox
from vpnaudit.sandbox.example import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = 8
PEER_KEY = "Canary-Of-A-Peer-4711"
ROUTER_KEY = "Canary-Of-A-Router-0815"


def forms(key: str) -> Iterator[bytes]:
    """The key as it is, and as JSON, HTML, URLs and base64 (at each of the three alignments) would hold it."""
    raw = key.encode()
    yield raw
    yield json.dumps(key)[1:-1].encode()
    yield json.dumps(key, ensure_ascii=False)[1:-1].encode()
    yield from (html.escape(key, quote=quoted).encode() for quoted in (True, False))
    yield from (change(key, safe="").encode() for change in (quote, quote_plus))
    yield raw.hex().encode()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        inner = whole[(0, 2, 3)[shift] : len(whole) - 4]
        if len(inner) >= LONG:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def keys(value: object, wanted: frozenset[str]) -> Iterator[str]:
    """Every text below one of the wanted names, anywhere in nested data."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in wanted and isinstance(inner, str):
                yield inner
            yield from keys(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, wanted)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str], bytes]:
    """A whole run by command line, at debug level, with a mail: its folder, the keys that must not be there, what it
    printed.
    """
    folder = tmp_path_factory.mktemp("run")
    with Sandbox(faults=Faults(texts=repeated_keys())) as sandbox:
        sandbox.write_profiles(folder / "cloudstack.ini")
        secrets = {secret for accounts in sandbox.credentials.values() for _, secret in accounts.values()}
        api_keys = {key for accounts in sandbox.credentials.values() for key, _ in accounts.values()}
        call = [sys.executable, "-m", "vpnaudit", "--debug", "run", "-p", "prod", "-p", "dr"]
        (folder / "peers.toml").write_text(
            f'[[peer]]\nname = "to {PEER_KEY}"\naddress = "203.0.113.2"\nid = "@{PEER_KEY}"\npsk = "{PEER_KEY}"\n'
        )
        call += ["--peers", "peers.toml", "--evidence", str(router_with_keys(folder / "router"))]
        call += ["--mail-to", "noc@example.org", "--mail-from", "audit@example.org", "--mail-dry-run"]
        done = subprocess.run(call, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 2, done.stderr.decode()[-3000:]
        wrong = [sys.executable, "-m", "vpnaudit", "--debug", "collect", "-p", "prod-alice-typo"]
        failed = subprocess.run(wrong, cwd=folder, capture_output=True, check=False)
    (folder / "cloudstack.ini").unlink()
    (folder / "peers.toml").unlink()
    shutil.rmtree(folder / "router")
    psks = {PEER_KEY, ROUTER_KEY} | {key for key in all_psks() if len(key) >= LONG}
    assert len(psks) > 5
    return folder, psks | secrets | api_keys, done.stdout + done.stderr + failed.stdout + failed.stderr


def router_with_keys(place: Path) -> Path:
    """A router's evidence with a key in every place where one may stand."""
    begin = f"05:40:00 {START}"
    files = {
        "status_txt": up().replace("pre-shared key authentication", f"pre-shared key {ROUTER_KEY}"),
        "meta_txt": META + f"# packages\nstrongswan-charon 5.9.8\n# psk\n{ROUTER_KEY}\n",
        "log_txt": log(begin, f"05:40:01 05[CFG]   secret: {ROUTER_KEY}", f"05:40:01 05[IKE] XAuth of {ROUTER_KEY}"),
        "ipsec_conf": f"# {ROUTER_KEY}\nconn vpn-192.0.2.26\n right=192.0.2.26\n xauth_identity={ROUTER_KEY}\n",
    }
    router_folder(place, **files)
    (place / "ipsec.secrets").write_text(f'192.0.2.26 : PSK "{ROUTER_KEY}"\n: XAUTH "{ROUTER_KEY}"\n')
    (place / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{ROUTER_KEY}\n-----END PRIVATE KEY-----\n")
    begin = "src 192.0.2.26 dst 198.51.100.7\n\tproto esp spi 0xc2c57442 reqid 1 mode tunnel\n"
    (place / "xfrm.txt").write_text(f"{begin}\tenc cbc(aes) {ROUTER_KEY}\n")
    return place


REPEATED_IN = {
    "vpncustomergateway": "name",
    "vpc": "name",
    "network": "name",
    "networkacllist": "name",
    "networkacl": "reason",
    "router": "name",
    "virtualmachine": "name",
    "zone": "name",
}
"""Lists with a text in which a tenant, or the server for him, may repeat a key."""


def example() -> Any:
    return build(datetime(2026, 1, 1, tzinfo=UTC))


def all_psks() -> set[str]:
    """Every pre-shared key of the example estate."""
    rows = [item.row for cloud in example().clouds.values() for items in cloud.tables.values() for item in items]
    return set(keys(rows, frozenset({"ipsecpsk", "presharedkey"})))


def repeated_keys() -> dict[str, str]:
    """By id of an object, a text with a key that is another object's, in part of the other source."""
    texts: dict[str, str] = {}
    psks = sorted(key for key in all_psks() if len(key) >= LONG)
    for number, (cloud, table) in enumerate(
        (cloud, table) for cloud in example().clouds.values() for table in REPEATED_IN
    ):
        rows = [row for row in cloud.rows(table) if "id" in row and "\\u" not in row.get("name", "")]
        for row, psk in zip(rows[-2:], (psks[number % len(psks)], psks[-1 - number % len(psks)]), strict=False):
            texts[row["id"]] = f"{table} with the key {psk}!"
    return texts


def test_no_key_is_in_anything_written_or_printed(written: tuple[Path, set[str], bytes]) -> None:
    folder, canaries, printed = written
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".parquet", ".json", ".ipynb", ".html", ".csv", ".eml"}
    needles = {form for key in canaries for form in forms(key)}
    for place, data in [("what was printed", printed), *((str(path), content(path)) for path in files)]:
        leaks = [needle for needle in needles if needle in data]
        assert not leaks, f"{place} holds a key"


def content(path: Path) -> bytes:
    """The bytes of a file, and what they hold once unpacked."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        data += pd.read_parquet(path).to_csv().encode()
    if path.suffix == ".eml":
        import email
        import email.policy

        message = email.message_from_bytes(data, policy=email.policy.default)
        data += b"".join(part.get_payload(decode=True) or b"" for part in message.walk() if not part.is_multipart())
    return data


def test_short_keys_are_in_no_cell(written: tuple[Path, set[str], bytes]) -> None:
    folder, _, _ = written
    manifest = next(folder.glob("snapshots/*/*/manifest.json"))
    short = {key for key in all_psks() if len(key) < LONG}
    for name, frame in Estate.open(manifest.parent).tables.items():
        for column in frame.columns:
            assert not set(frame[column].dropna().astype(str)) & short, f"{name}.{column}"


def test_a_key_that_another_object_repeats_is_replaced_and_its_text_stays(
    written: tuple[Path, set[str], bytes],
) -> None:
    folder, _, _ = written
    tables = Estate.open(next(folder.glob("snapshots/*/*/manifest.json")).parent).tables
    for name, column in (
        *((name, "name") for name in ("customer_gateways", "vpcs", "tiers", "acl_lists", "routers", "zones")),
        ("acl_rules", "reason"),
    ):
        texts = tables[name][column].dropna()
        assert texts.str.contains(f"with the key {REMOVED}!", regex=False).any(), name


def texts(estate):
    yield repr(estate)
    yield estate._repr_html_()
    for name in TABLES:
        yield estate[name].to_csv()


@pytest.mark.parametrize("who", ["auditor", "acme-admin"])
def test_no_key_and_no_secret_is_in_a_table_a_log_or_an_error(who, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    with replay.serving(replay.recording()) as endpoint:
        estate = collect_estate([replay.profile(who, endpoint)])
    estate.save(tmp_path / "snapshot")
    printed = "\n".join([*texts(estate), caplog.text, *(str(vars(record)) for record in caplog.records)])
    everything = b"".join([printed.encode(), *(path.read_bytes() for path in (tmp_path / "snapshot").iterdir())])
    assert "send_request_headers" in caplog.text
    secrets = {key for key in replay.recording().canaries if len(key) >= 8} | {f"canary-api-secret-{who}"}
    assert len(secrets) > 10
    for secret in secrets:
        assert not [form for form in forms(secret) if form in everything]
    assert b"signature=" not in everything
    short = replay.recording().canaries - secrets
    for name, table in TABLES.items():
        for column, dtype in table.dtypes.items():
            if dtype == "string":
                assert not set(estate[name][column].dropna()) & short, (name, column)


def test_a_key_of_one_source_leaves_the_texts_of_the_other_also_where_it_is_learnt_later():
    """Access rules are read before connections, and the one account sees gateways that the other does not."""
    key = max(replay.recording().canaries, key=len)

    def spoil(query, response):
        return {
            "listNetworkACLs": replay.replacing("listNetworkACLs", lambda inner: with_text(inner, "reason", key)),
            "listEvents": replay.replacing("listEvents", lambda inner: with_text(inner, "description", key)),
            "listZones": replay.replacing("listZones", lambda inner: with_text(inner, "name", key)),
        }.get(query["command"], lambda _, real: real)(query, response)

    estate = replay.estate_of("auditor", "globex-admin", spoil=spoil)
    for name, column in (("acl_rules", "reason"), ("events", "description"), ("zones", "name")):
        for source in estate.sources:
            texts = estate[name].loc[estate[name]["source"] == source, column]
            assert set(texts) == {f"is {REMOVED}"}, (name, source)
    assert not [text for text in texts_of(estate) if key in text]


def with_text(inner, column, text):
    return {
        name: [row | {column: f"is {text}"} for row in rows] if isinstance(rows, list) else rows
        for name, rows in inner.items()
    }


def texts_of(estate):
    return [estate[name].to_csv() for name in TABLES]


def test_replies_in_utf_16_hold_no_key_either():
    def wide(query, response):
        return httpx.Response(response.status_code, content=response.content.decode().encode("utf-16"))

    estate = replay.estate_of("auditor", spoil=wide)
    assert len(estate["connections"]) == 33
    psks = {key for key in replay.recording().canaries if len(key) >= 8}
    assert not [psk for psk in psks for text in texts_of(estate) if psk in text]


def test_errors_hold_no_secret_even_with_the_locals_of_every_frame():
    def spoil(query, response):
        if query["command"] == "listApis":
            return httpx.Response(
                401,
                json={"x": {"errorcode": 401, "errortext": f"bad {query['apikey']} signature={query['signature']}"}},
            )
        return response

    profile = Profile("prod", "http://127.0.0.1:1/client/api", "the-api-key-canary", "the-secret-canary")
    with pytest.raises(Refused) as caught:
        asyncio.run(collect([profile], transport=replay.transport(replay.recording(), spoil), retries=replay.QUICK))
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(report.format())
    assert "the-secret-canary" not in text
    assert "the-api-key-canary" not in text
    assert "signature=[removed]" in str(caught.value)
