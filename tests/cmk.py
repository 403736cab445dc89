"""A CloudStack that answers CloudMonkey's calls out of the tables of an estate, as a live one did (4.22, cmk 6.4.0),
and the shell that runs a printed script against it: what a plan really does, and not what it says.

A reset, an update or a new connection is taken to bring the tunnel up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.tables import records
from vpnaudit.psk import Fingerprinter

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
BASH = shutil.which("bash") or "bash"
HEAD = r"""
cmk() { printf '%s\0' "$@" $'\1' >&3; IFS= read -r -d '' rc <&4; IFS= read -r -d '' out <&4; printf '%s' "$out"
  return "$rc"; }
openssl() { cmk openssl; }
mkdir() { :; }
"""
SETTINGS = {
    "gateway": "gateway",
    "cidrlist": "cidr_list",
    "ikepolicy": "ike_policy",
    "esppolicy": "esp_policy",
    "ikelifetime": "ike_lifetime_s",
    "esplifetime": "esp_lifetime_s",
    "dpd": "dpd",
    "forceencap": "force_encap",
    "splitconnections": "split_connections",
    "ikeversion": "ike_version",
}
RESET_BY_UPDATE = {
    "ikelifetime": 86400,
    "esplifetime": 3600,
    "dpd": False,
    "forceencap": False,
    "splitconnections": False,
}
ACL = {
    "number": "number",
    "protocol": "protocol",
    "cidrlist": "cidr_list",
    "startport": "start_port",
    "endport": "end_port",
    "icmptype": "icmp_type",
    "icmpcode": "icmp_code",
    "traffictype": "traffic_type",
    "action": "action",
}
LIMIT = "site2site.vpn.vpngateway.connection.limit"
LISTS = {
    "vpncustomergateways": ("customer_gateways", "vpncustomergateway"),
    "vpnconnections": ("connections", "vpnconnection"),
    "vpngateways": ("vpn_gateways", "vpngateway"),
    "networkacls": ("acl_rules", "networkacl"),
    "networkacllists": ("acl_lists", "networkacllist"),
    "configurations": ("settings", "configuration"),
    "networks": ("tiers", "network"),
}
NAMES = {
    "vpn_gateway_id": "s2svpngatewayid",
    "customer_gateway_id": "s2scustomergatewayid",
    "public_ip": "publicip",
    "acl_id": "aclid",
}


class RefusedError(Exception):
    """What the server answers with 431 or 530."""


class Cloud:
    """The tables, and every call that changed them, as verb and parameters."""

    def __init__(self, estate: Estate) -> None:
        self._facts = Fingerprinter()
        self.tables = {name: records(estate[name]) for name in TABLES}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.queries: list[tuple[str, dict[str, str]]] = []
        self.keys: dict[str, str] = {}  # of customer gateways, by id
        for row in self.tables["customer_gateways"]:
            self.keys[row["id"]] = f"key of {row['psk_fingerprint'] or row['id']}"
        self._next = 0
        self.source = ""
        self.refuses: set[str] = set()  # calls that the role of the key may not make

    @property
    def estate(self) -> Estate:
        return Estate({name: TABLES[name].frame(rows) for name, rows in self.tables.items()})

    def run(self, script: str, home: Path) -> tuple[int, str]:
        """Run it in a shell that has nothing but cmk; the exit code and the last words on stderr."""
        (home / "vpn-keys").mkdir(exist_ok=True)
        self.source = script.removeprefix("# source: ").split("\n")[0].split(",")[0]
        text = script.replace(" &\n", "\n").replace('set -- "$@" $!\n', "")  # in turn, so that the order is known
        calls_in, calls_out = os.pipe()
        answers_in, answers_out = os.pipe()
        process = subprocess.Popen(
            [BASH, "--noprofile", "--norc", "-c", f"exec 3>&{calls_out} 4<&{answers_in}\n{HEAD}{text}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"PATH": "/nowhere", "HOME": str(home)},
            pass_fds=(calls_out, answers_in),
        )
        os.close(calls_out)
        os.close(answers_in)
        with os.fdopen(calls_in, "rb") as calls, os.fdopen(answers_out, "wb", buffering=0) as answers:
            words: list[str] = []
            while word := _word(calls):
                if word != b"\1\0":
                    words.append(word[:-1].decode("utf-8", "surrogateescape"))
                    continue
                code, out = self._answer(words)
                answers.write(f"{code}\0{out}\0".encode("utf-8", "surrogateescape"))
                words = []
        errors = process.communicate()[1].decode()
        return process.returncode, errors

    def _answer(self, words: list[str]) -> tuple[int, str]:
        if words == ["openssl"]:
            self._next += 1
            return 0, f"{self._next:032x}" + "5f" * 16
        if words[:2] == ["-o", "json"]:
            words = words[2:]
        verb, noun, *texts = words
        given = dict(text.split("=", 1) for text in texts)
        listed = verb == "list"
        (self.queries if listed else self.calls).append((f"{verb} {noun}", dict(given)))
        if f"{verb} {noun}" in self.refuses:
            return 1, "Error: unknown command or API requested"
        try:
            out = self._list(noun, given) if listed else getattr(self, f"_{verb}_{noun}")(given)
        except RefusedError as error:
            return 1, f"Error: {error}"
        filtered = not listed and "filter" in given
        return 0, "" if out is None else json.dumps(
            {} if filtered else out, indent=2, sort_keys=True, ensure_ascii=False
        )

    def row(self, table: str, name: str, column: str = "id") -> Row:
        rows = [row for row in self.tables[table] if row[column] == name]
        if not rows:
            raise RefusedError(f"entity {name} does not exist in {table}")
        return rows[0]

    def _list(self, noun: str, given: dict[str, str]) -> Row | None:
        table, single = LISTS[noun]
        rows = [self.row(table, given["id"])] if "id" in given else self.tables[table]
        if "vpcid" in given:
            rows = [row for row in rows if self._vpc(table, row) == given["vpcid"]]
        if "aclid" in given:
            rows = [row for row in rows if row["acl_id"] == given["aclid"]]
        if "keyword" in given:
            rows = [row for row in rows if given["keyword"] in row["name"]]
        if "name" in given:
            rows = [row for row in rows if (row["source"], row["name"]) == (self.source, given["name"])]
        if given.get("filter") == "ipsecpsk":
            raise AssertionError("a key would be printed")
        shown = [self._reply(table, row) for row in rows]
        return {"count": len(shown), single: shown} if shown else None

    def _vpc(self, table: str, row: Row) -> str | None:
        if table != "connections":
            return row["vpc_id"]
        return next((g["vpc_id"] for g in self.tables["vpn_gateways"] if g["id"] == row["vpn_gateway_id"]), None)

    def _reply(self, table: str, row: Row) -> Row:
        columns = ACL if table == "acl_rules" else SETTINGS
        if table == "acl_rules":  # ports are texts in an answer
            ports = {name: str(row[name]) for name in ("start_port", "end_port") if row[name] is not None}
            row = {**row, **ports}
        names = {column: name for name, column in columns.items()} | NAMES
        reply = {names.get(column, column): value for column, value in row.items() if value is not None}
        for column in ("created_utc", "collected_utc"):
            reply.pop(column, None)
        if table == "customer_gateways":
            reply["ipsecpsk"] = self.keys[row["id"]]
        return reply

    def _key_cells(self, key: str) -> Row:
        facts = self._facts.facts(key)
        same = [row for row in self.tables["customer_gateways"] if self.keys.get(row["id"]) == key]
        kept = ("psk_fingerprint", "psk_length", "psk_classes", "psk_bits", "psk_flags")
        if same:
            return {name: same[0][name] for name in kept}
        values = (facts.fingerprint, facts.length, facts.classes, facts.bits, facts.flags)
        return dict(zip(kept, values, strict=True))

    def _settings(self, given: dict[str, str]) -> Row:
        values: Row = dict(RESET_BY_UPDATE) | {name: given[name] for name in SETTINGS if name in given}
        for name in ("ikelifetime", "esplifetime"):
            values[name] = int(values[name])
        for name in ("dpd", "forceencap", "splitconnections"):
            values[name] = values[name] in (True, "true")
        if "<" in str(values):
            raise RefusedError("a value that nobody chose")
        return {SETTINGS[name]: value for name, value in values.items()}

    def _update_vpncustomergateway(self, given: dict[str, str]) -> Row:
        row = self.row("customer_gateways", given["id"])
        missing = {"gateway", "cidrlist", "ipsecpsk", "ikepolicy", "esppolicy"} - set(given)
        if missing:
            raise RefusedError(f"missing {missing}")
        cells = self._settings(given) | self._key_cells(key := self._content(given["ipsecpsk"]))
        self.keys[row["id"]] = key
        row |= cells | {"name": given.get("name", "VPN-" + given["gateway"])}
        for tunnel in self.tables["connections"]:
            if tunnel["customer_gateway_id"] == row["id"] and tunnel["source"] == row["source"]:
                tunnel.update(cells)
                if tunnel["state"] != "Pending":
                    tunnel["state"] = "Connected"
        return {}

    @staticmethod
    def _content(value: str) -> str:
        if not value.startswith("@"):
            return value
        with open(value[1:], encoding="utf-8") as file:  # noqa: PTH123 - as cmk does
            return file.read()

    def _create_vpncustomergateway(self, given: dict[str, str]) -> Row:
        if any(given["name"] == row["name"] for row in self.tables["customer_gateways"]):
            raise RefusedError("already existed")
        key = self._content(given["ipsecpsk"])
        row = dict.fromkeys(TABLES["customer_gateways"].empty().columns) | self._settings(given) | self._key_cells(key)
        self._next += 1
        owner = {
            "account": given.get("account"),
            "domain_id": given.get("domainid"),
            "project_id": given.get("projectid"),
        }
        row |= owner | {"id": f"{self._next:08x}-aaaa-4000-8000-000000000000", "name": given["name"]}
        row["source"] = self.source
        self.tables["customer_gateways"].append(row)
        self.keys[row["id"]] = key
        return {"vpncustomergateway": self._reply("customer_gateways", row)}

    def _delete_vpncustomergateway(self, given: dict[str, str]) -> Row:
        row = self.row("customer_gateways", given["id"])
        if any(tunnel["customer_gateway_id"] == row["id"] for tunnel in self.tables["connections"]):
            raise RefusedError("there are still related VPN connections")
        self.tables["customer_gateways"].remove(row)
        return {}

    def _delete_vpngateway(self, given: dict[str, str]) -> Row:
        row = self.row("vpn_gateways", given["id"])
        if any(tunnel["vpn_gateway_id"] == row["id"] for tunnel in self.tables["connections"]):
            raise RefusedError("there are still related VPN connections")
        self.tables["vpn_gateways"].remove(row)
        return {}

    def _reset_vpnconnection(self, given: dict[str, str]) -> Row:
        self.row("connections", given["id"])["state"] = "Connected"
        return {}

    def _delete_vpnconnection(self, given: dict[str, str]) -> Row:
        row = self.row("connections", given["id"])
        assert row["state"] != "Pending", "its files stay on the router"
        self.tables["connections"].remove(row)
        return {}

    def _create_vpnconnection(self, given: dict[str, str]) -> Row:
        gateway = self.row("vpn_gateways", given["s2svpngatewayid"])
        customer = self.row("customer_gateways", given["s2scustomergatewayid"])
        near = [row for row in self.tables["connections"] if row["vpn_gateway_id"] == gateway["id"]]
        if any(row["customer_gateway_id"] == customer["id"] for row in near):
            raise RefusedError("already existed")
        here = (gateway["source"], LIMIT)
        limit = [row["value"] for row in self.tables["settings"] if (row["source"], row["name"]) == here]
        if len(near) >= int(limit[0] if limit else 4):
            raise RefusedError("limit reached")
        cidr = self.row("vpcs", gateway["vpc_id"])["cidr"]
        if any(ip_network(part, strict=False).overlaps(ip_network(cidr)) for part in customer["cidr_list"].split(",")):
            raise RefusedError("overlapped with VPC cidr")
        template = dict.fromkeys(TABLES["connections"].empty().columns)
        self._next += 1
        copied = {name: value for name, value in customer.items() if name in template}
        row = template | copied | {"id": f"{self._next:08x}-bbbb-4000-8000-000000000000", "state": "Connected"}
        row |= {"vpn_gateway_id": gateway["id"], "customer_gateway_id": customer["id"], "source": gateway["source"]}
        row |= {"public_ip": gateway["public_ip"], "passive": given.get("passive") == "true"}
        self.tables["connections"].append(row)
        return {"vpnconnection": self._reply("connections", row)}

    def _update_configuration(self, given: dict[str, str]) -> Row:
        rows = [row for row in self.tables["settings"] if (row["source"], row["name"]) == (self.source, given["name"])]
        if not rows or not given["value"].isdigit():
            raise RefusedError("no such setting, or no such value")
        rows[0]["value"] = given["value"]
        return {}

    def _update_networkaclitem(self, given: dict[str, str]) -> Row:
        row = self.row("acl_rules", given["id"])
        row |= _rule_cells(given)
        same = [r for r in self.tables["acl_rules"] if r["acl_id"] == row["acl_id"] and r["number"] == row["number"]]
        if len(same) > 1:
            raise RefusedError("number is taken")
        return {}

    def _create_networkacl(self, given: dict[str, str]) -> Row:
        row = dict.fromkeys(TABLES["acl_rules"].empty().columns)
        acl = self.row("acl_lists", given["aclid"])
        row |= _rule_cells({"traffictype": "ingress", "action": "allow", **given})
        used = [r["number"] for r in self.tables["acl_rules"] if r["acl_id"] == acl["id"]]
        if row["number"] in used:
            raise RefusedError("number is taken")
        self._next += 1
        row |= {"id": f"{self._next:08x}-cccc-4000-8000-000000000000", "source": acl["source"], "acl_id": acl["id"]}
        self.tables["acl_rules"].append(row | {"state": "Active"})
        return {"networkacl": self._reply("acl_rules", row)}

    def _delete_networkacl(self, given: dict[str, str]) -> Row:
        self.tables["acl_rules"].remove(self.row("acl_rules", given["id"]))
        return {}

    def _create_networkacllist(self, given: dict[str, str]) -> Row:
        self._next += 1
        vpc = self.row("vpcs", given["vpcid"])
        row = dict.fromkeys(TABLES["acl_lists"].empty().columns) | {"source": vpc["source"], "vpc_id": vpc["id"]}
        row |= {"id": f"{self._next:08x}-dddd-4000-8000-000000000000", "name": given["name"]}
        self.tables["acl_lists"].append(row)
        return {"networkacllist": self._reply("acl_lists", row)}

    def _replace_networkacllist(self, given: dict[str, str]) -> Row:
        acl = self.row("acl_lists", given["aclid"])
        self.row("tiers", given["networkid"]).update(acl_id=acl["id"], acl=acl["name"])
        return {}


def _rule_cells(given: dict[str, str]) -> Row:
    cells: Row = {column: given[name] for name, column in ACL.items() if name in given}
    for name in ("number", "start_port", "end_port", "icmp_type", "icmp_code"):
        if name in cells:
            cells[name] = int(cells[name])
    words = {"action": {"allow": "Allow", "deny": "Deny"}, "traffic_type": {"ingress": "Ingress", "egress": "Egress"}}
    return {name: words.get(name, {}).get(value, value) for name, value in cells.items()}


def _word(stream: Any) -> bytes:
    word = b""
    while byte := stream.read(1):
        word += byte
        if byte == b"\0":
            break
    return word
