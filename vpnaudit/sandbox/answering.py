"""One request in, one answer out: the order of tests, the paging and the envelopes of a CloudStack 4.22 management
server.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from vpnaudit.sandbox import refusal
from vpnaudit.sandbox.lists import LISTINGS, rows_for
from vpnaudit.sandbox.refusal import Refusal
from vpnaudit.sandbox.signature import is_fresh, is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.sandbox.cloud import Account, Cloud, Row
    from vpnaudit.sandbox.faults import Faults

SITE_TO_SITE = frozenset({"listVpnGateways", "listVpnCustomerGateways", "listVpnConnections"})
SETTINGS_PAGE = 500
_NULL_START = 'Cannot invoke "java.lang.Long.longValue()" because the return value of "getStartIndex()" is null'
_NULL_VALUE = 'Cannot invoke "Object.toString()" because the return value of "getTrafficType()" is null'
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# Characters that mean something in the replacement text with which the server un-escapes.
_REPLACEMENT_ERRORS = {
    "$": "Illegal group reference: group index is missing",
    "\\": "character to be escaped is missing",
}


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status, body, and the words repeated in the header `X-Description` (empty: no such header)."""

    status: int
    body: dict[str, Any]
    description: str = ""

    @property
    def text(self) -> str:
        r"""The body as the server writes it: it un-escapes `\uXXXX` as text, so a name that holds these six characters
        breaks the JSON.
        """
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)


@cache
def apis() -> dict[str, Any]:
    """Give `data/apis.json`: `names` (command → letters of its roles, `*` if asynchronous) and `served` (parameters,
    fields).
    """
    catalogue: dict[str, Any] = json.loads(files(__package__).joinpath("data/apis.json").read_text("utf-8"))
    return catalogue


class ManagementServer:
    """Answers the API of one cloud. Knows nothing of HTTP."""

    def __init__(self, cloud: Cloud, faults: Faults) -> None:
        self.cloud, self.faults = cloud, faults
        self._keys = {account.api_key: account for account in cloud.accounts if account.api_key}
        self._lists_begun: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, params: Mapping[str, str]) -> Reply:
        """Answer one request, whose parameters have the names as sent."""
        query = {name.lower(): value for name, value in params.items()}
        command = query.get("command", "")
        outer = f"{command.lower()}response"
        try:
            caller = self._caller(command, params, query)
            body: dict[str, Any] = self._carry_out(command, caller, query)
            _check_escapes(body)
        except Refusal as no:
            inner = {} if no.inner is None else {"cserrorcode": no.inner}
            body = {"uuidList": [], "errorcode": no.status, **inner, "errortext": no.text}
            return Reply(no.status, {no.outer or outer: body}, no.text if inner else "")
        return Reply(200, {outer: body})

    def _caller(self, command: str, params: Mapping[str, str], query: Mapping[str, str]) -> Account:
        """The tests before the command, in the server's order: the role is looked at before the signature."""
        if not command:
            raise refusal.bad_credentials("null")
        if command not in apis()["names"]:
            raise refusal.bad_credentials("errorresponse")
        if not query.get("apikey") or not query.get("signature"):
            raise refusal.bad_credentials()
        if not is_fresh(query.get("signatureversion"), query.get("expires"), datetime.now(UTC)):
            raise refusal.bad_credentials()
        caller = self._keys.get(query["apikey"])
        if caller is None:
            raise refusal.bad_credentials()
        if command not in self._allowed(caller):
            raise refusal.not_for_role(command, caller.user_id)
        if not is_signed(params, caller.secret):
            raise refusal.bad_credentials()
        return caller

    def _allowed(self, caller: Account) -> set[str]:
        names: dict[str, str] = apis()["names"]
        return {name for name, letters in names.items() if caller.role.letter in letters} - set(self.faults.forbidden)

    def _carry_out(self, command: str, caller: Account, query: Mapping[str, str]) -> dict[str, Any]:
        name = next(
            (name for name, value in query.items() if any(char < " " and char not in "\r\n" for char in value)), None
        )
        if name is not None:
            raise Refusal(431, f"Received value containing illegal ASCII non-printable characters for parameter {name}")
        if command in self.faults.unlistable:
            raise refusal.broken("Unable to list: null value in the database", admin=caller.is_admin)
        if command == "listCapabilities":
            (capability,) = self.cloud.rows("capability")
            return {
                "capability": capability
                if caller.is_admin
                else {k: v for k, v in capability.items() if k != "extensionspath"}
            }
        if command == "listApis":
            return _page(self._list_apis(caller, query), "api", None)
        if command not in LISTINGS:
            raise Refusal(
                530, f"This example cloud answers questions about site-to-site VPNs only; {command} was not carried out"
            )
        page = self._paging(command, caller, query)
        rows = self._shifted(command, page, rows_for(self.cloud, caller, command, query))
        body = _page([self._renamed(row) for row in rows], LISTINGS[command].key, page)
        if any(row.get("id") in self.faults.incomplete for row in body.get(LISTINGS[command].key, [])):
            raise refusal.broken(_NULL_VALUE, admin=caller.is_admin)
        return body

    def _renamed(self, row: Row) -> Row:
        """Fault `texts`: the name of an object, or the description of an event or list, is another."""
        text = self.faults.texts.get(str(row.get("id")))
        if text is None:
            return row
        field = next((name for name in ("name", "description") if name in row), "reason")
        return {**row, field: text}

    def _paging(self, command: str, caller: Account, query: Mapping[str, str]) -> tuple[int, int] | None:
        """Give page and size; None is everything at once. Without parameters the server cuts silently at its
        maximum.
        """
        page, size = (_whole_number(command, name, query.get(name)) for name in ("page", "pagesize"))
        if size == -1:
            if page is not None:
                raise refusal.invalid("Can't specify page parameter when pagesize is -1 (Unlimited)")
            if command in SITE_TO_SITE:
                raise refusal.broken(_NULL_START, admin=caller.is_admin)
            return None
        if page is None and size is None:
            return 1, SETTINGS_PAGE if command == "listConfigurations" else self.cloud.page_size
        if size is None:
            raise Refusal(431, '"pagesize" parameter is required when "page" is specified')
        if page is None:
            raise Refusal(431, '"page" parameter is required when "pagesize" is specified')
        if size > self.cloud.page_size:
            raise refusal.invalid(f"Page size can't exceed max allowed page size value: {self.cloud.page_size}")
        return max(page, 1), size

    def _shifted(self, command: str, page: tuple[int, int] | None, rows: list[Row]) -> list[Row]:
        """Fault `shifting`: after the first page has been read, the row at the head of the list is gone for good."""
        if command not in self.faults.shifting or page is None or not rows:
            return rows
        with self._lock:
            is_shifted = command in self._lists_begun
            if page[0] == 1 and len(rows) > page[1]:
                self._lists_begun.add(command)
        return rows[1:] if is_shifted else rows

    def _list_apis(self, caller: Account, query: Mapping[str, str]) -> list[Row]:
        requested_name = query.get("name", "").lower()
        names = [name for name in sorted(self._allowed(caller)) if not requested_name or name.lower() == requested_name]
        return [_api(name, admin=caller.is_admin) for name in names]


def _check_escapes(body: dict[str, Any]) -> None:
    """Refuse as the server does where its un-escaping of a text ends in an error of its own."""
    for escape in _ESCAPE.finditer(json.dumps(body, ensure_ascii=False)):
        if words := _REPLACEMENT_ERRORS.get(chr(int(escape[1], 16))):
            raise Refusal(431, words)


def _page(rows: list[Row], key: str, page: tuple[int, int] | None) -> dict[str, Any]:
    """An empty list has neither count nor array; a page past the end has the count only."""
    if not rows:
        return {}
    page_rows = rows if page is None else rows[(page[0] - 1) * page[1] : page[0] * page[1]]
    return {"count": len(rows), **({key: page_rows} if page_rows else {})}


def _whole_number(command: str, name: str, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise refusal.bad_value(command, name, value) from None


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _api(name: str, *, admin: bool) -> Row:
    served = apis()["served"].get(name, {"params": [], "response": [], "admin_only": []})
    params = []
    for parameter, kind, required, since in served["params"]:
        if admin or parameter not in served["admin_only"]:
            row: Row = {"name": parameter, "description": "", "type": kind, "length": 255, "required": required}
            params.append(row | ({"since": since} if since else {}))
    return {
        "name": name,
        "description": _words(name),
        "isasync": "*" in apis()["names"][name],
        "related": "",
        "params": params,
        "response": [{"name": field, "description": "", "type": kind} for field, kind in served["response"]],
    }
