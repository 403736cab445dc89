"""Facts about algorithms, standards and versions, as data: each row with its source and the day it was reviewed. No
opinions in code.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

Facts = dict[str, dict[str, Any]]


@cache
def facts(name: str) -> Facts:
    """The rows of one data file of this folder, by keyword: `encryption`, `integrity`, `dh_groups`, `versions`."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))


def group_name(keyword: str) -> str:
    """A Diffie-Hellman group as reports show it, with its number.

    >>> group_name("modp2048")
    'modp2048 (14)'
    >>> group_name("modp77")
    'modp77'
    """
    row = facts("dh_groups").get(keyword)
    return f"{keyword} ({row['group']})" if row else keyword


def version_key(text: str) -> tuple[int, ...] | None:
    """A CloudStack version as comparable numbers; None where the text is no version.

    >>> version_key("4.22.0.0-SNAPSHOT") > version_key("4.9")
    True
    >>> version_key("main") is None
    True
    """
    match = re.match(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in match[0].split(".")) if match else None


def within(version: str, row: dict[str, Any]) -> bool:
    """Whether a version lies in the range `from` (inside) to `below` (outside) of a data row."""
    key, low, high = version_key(version), version_key(f"{row['from']}.0"), version_key(f"{row['below']}.0")
    return key is not None and low is not None and high is not None and low[:-1] <= key < high[:-1]
