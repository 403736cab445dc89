"""Finds out which object makes a list unreadable, where the reply does not say it.

One access rule without a direction ends listNetworkACLs with 530, and one name with a backslash and `u0024` ends its
list call with 431: neither names the object. Rules are then read list by list, so that the other lists are whole. Other
objects are asked for by the ids that rows of other tables name; what cannot be read so is the object that was sought.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.answers import Answer, ask
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.links import LINKS
from vpnaudit.cloudstack.paging import Hole, Listing, is_one_object
from vpnaudit.errors import CloudStackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vpnaudit.cloudstack.client import Client
    from vpnaudit.cloudstack.commands import Command
    from vpnaudit.cloudstack.visibility import Pass

Row = dict[str, Any]

# Where of so many lists of rules none can be read, the call itself is broken.
_HOPELESS = 8
_MOST_IDS = 200
_EVENT_TABLES = (
    ("VPN.S2S.VPN.GATEWAY.", "vpn_gateways"),
    ("VPN.S2S.CUSTOMER.GATEWAY.", "customer_gateways"),
    ("VPN.S2S.CONNECTION.", "connections"),
    ("ROUTER.", "routers"),
    ("VPC.", "vpcs"),
)


async def isolated(client: Client, answers: Sequence[Answer]) -> list[Answer]:
    """The same answers, those with something unreadable of unknown id followed or replaced by closer ones."""
    sought_ids = _sought_ids(answers) if any(_is_unplaced(answer) for answer in answers) else {}
    closer_answers: list[Answer] = []
    for answer in answers:
        if not _is_unplaced(answer):
            closer_answers.append(answer)
        elif answer.command.table == "acl_rules":
            closer_answers += await _list_by_list(client, answer, answers)
        else:
            closer_answers.append(await _by_id(client, answer, sought_ids.get(answer.command.table, ())))
    return closer_answers


def _is_unplaced(answer: Answer) -> bool:
    """Whether something is unreadable of which the id is not known; of a rule the list counts, not its id."""
    holes = answer.listing.holes if answer.command.table == "acl_rules" else _unplaced(answer)
    return bool(holes) or (answer.error is not None and is_one_object(answer.error))


def _unplaced(answer: Answer) -> list[Hole]:
    return [hole for hole in answer.listing.holes if hole.subject_id is None]


async def _list_by_list(client: Client, answer: Answer, answers: Sequence[Answer]) -> list[Answer]:
    """The rules of each access list. The first answer stays where that does not explain all it lacks."""
    questions = [{**answer.params, "aclid": acl_id} for acl_id in sorted(_acl_ids(answers))]
    tries = await asyncio.gather(*(_works(client, answer.command, params) for params in questions[:_HOPELESS]))
    if not any(tries):
        return [answer]
    parts = await asyncio.gather(*(ask(client, answer.command, params) for params in questions))
    located = sum(len(part.listing.holes) or part.error is not None for part in parts)
    lists_whole = not any(_lacks_rows(other) for other in answers if other.command.table == "acl_lists")
    explained = lists_whole and located >= max(len(answer.listing.holes), 1)
    return [Answer(answer.command, answer.params, Listing(answer.listing.rows)) if explained else answer, *parts]


async def _works(client: Client, command: Command, params: Pass) -> bool:
    """Whether the first page comes; nothing is tried around what it stumbles over."""
    try:
        await client.ask(command, params, page=1, size=client.page_size)
    except CloudStackError:
        return False
    return True


def _lacks_rows(answer: Answer) -> bool:
    return answer.error is not None or bool(answer.listing.holes)


def _acl_ids(answers: Iterable[Answer]) -> set[str]:
    ids = set()
    for answer in answers:
        name = "id" if answer.command.table == "acl_lists" else "aclid"
        ids |= {str(row[name]) for row in answer.listing.rows if row.get(name)}
    return ids


async def _by_id(client: Client, answer: Answer, ids: Iterable[str]) -> Answer:
    """The answer with the objects of these ids, which other tables name and this list did not show: read after all, or
    holes of a known id.
    """
    rows, located = [], []
    for object_id in sorted(ids)[:_MOST_IDS]:
        part = await ask(client, answer.command, {**answer.params, "id": object_id})
        rows += part.listing.rows
        located += [Hole(object_id, hole.error) for hole in part.listing.holes[:1]]
        if part.error is not None and is_one_object(part.error):
            located.append(Hole(object_id, part.error))
    unplaced = _unplaced(answer)
    placed = [hole for hole in answer.listing.holes if hole.subject_id is not None]
    holes = [*placed, *located, *unplaced[len(located) :]]
    return Answer(answer.command, answer.params, Listing([*answer.listing.rows, *rows], holes), answer.error)


def _sought_ids(answers: Iterable[Answer]) -> dict[str, set[str]]:
    """By table, the ids that rows of other tables name and no list showed."""
    rows_by_table: dict[str, list[Row]] = defaultdict(list)
    for answer in answers:
        rows_by_table[answer.command.table] += answer.listing.rows
    ids_by_table: dict[str, set[str]] = defaultdict(set)
    for table, name, target in LINKS:
        ids_by_table[target] |= {str(row[name]) for row in rows_by_table[table] if row.get(name)}
    for prefix, table in _EVENT_TABLES:
        ids_by_table[table] |= {
            str(row["resourceid"])
            for row in rows_by_table["events"]
            if row.get("resourceid") and str(row.get("type")).startswith(prefix)
        }
    return {
        command.table: ids_by_table[command.table] - {str(row.get("id")) for row in rows_by_table[command.table]}
        for command in COMMANDS.values()
    }
