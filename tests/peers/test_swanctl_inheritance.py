"""Sections of a `swanctl.conf` inherit as in strongSwan: in which order, what is taken away, and what leads nowhere."""

from __future__ import annotations

import pytest

from tests.peers.reading_text import swanctl, swanctl_row
from vpnaudit.errors import ConfigError
from vpnaudit.peers.swanctl_inheritance import lacking, resolved
from vpnaudit.peers.swanctl_syntax import Section


def test_inheritance_merges_from_the_top_and_the_first_named_wins() -> None:
    text = """
    one { version = 1
      encap = yes
      local { auth = psk }
      children { net { rekey_time = 1h
        start_action = trap } } }
    two : three { version = 2
      mobike = no }
    three { dpd_delay = 30s }
    connections { a : one, two {
        encap =
        local { id = me }
        children { net { local_ts = 10.2.0.0/16 } } } }
    """
    row = swanctl_row(text)
    assert (row["ike_versions"], row["mobike"], row["dpd"]) == ("ikev1", False, True)
    assert (row["auth"], row["id"], row["auto"], row["local_subnets"]) == ("psk", "me", "route", "10.2.0.0/16")
    assert "force_encap" not in row, "a setting without a value takes away what would be inherited"
    assert row["name"] == "a"


def test_what_leads_nowhere_is_said_and_nothing_is_assumed() -> None:
    text = (
        "connections { a : gone { children { n { local_ts = 10.2.0.0/16 } } }\n ab { children { n : connections.ab { }"
        " } }\n"
    )
    tunnels, notes = swanctl(text + "abc { children { n { } } } }")
    assert [(row["name"], row["complete"]) for row in tunnels] == [("a", False), ("ab", False), ("abc", True)]
    assert sum("not there or leads back" in note for note in notes) == 2


def section(name: str, *references: str, **settings: str | None) -> Section:
    return Section(name, "swanctl.conf", 1, dict(settings), {}, list(references))


def tree(*sections: Section) -> Section:
    return Section("", "swanctl.conf", 1, sections={one.name: one for one in sections})


def test_a_section_that_is_named_by_two_ways_counts_at_its_first_place() -> None:
    root = tree(
        section("a", "b", "c"), section("b", "base"), section("c", "base", x="c"), section("base", x="base", y="base")
    )
    whole, dangling = resolved(root)
    assert whole.sections["a"].settings == {"x": "base", "y": "base"}
    assert dangling == ()


def test_a_setting_without_a_value_takes_away_what_is_inherited() -> None:
    whole, _ = resolved(tree(section("a", "b", x=None), section("b", x="1", y="2")))
    assert whole.sections["a"].settings == {"y": "2"}


def test_a_reference_that_leads_nowhere_is_lacking_to_its_section_and_those_around_and_below() -> None:
    inner = section("n", "gone")
    outer = section("a")
    outer.sections["children"] = Section("children", "swanctl.conf", 1, sections={"n": inner})
    _, dangling = resolved(tree(outer, section("ab")))
    for path, number in (("a", 1), ("a.children.n", 1), ("a.children.n.x", 1), ("ab", 0), ("a.children2", 0)):
        assert len(list(lacking(dangling, path))) == number, path


def test_more_than_any_device_would_take_is_refused_before_it_fills_the_machine() -> None:
    doubling = [section("s0")]
    for number in range(1, 25):
        one = section(f"s{number}")
        one.sections = {side: section(side, f"s{number - 1}") for side in "xy"}
        doubling.append(one)
    with pytest.raises(ConfigError, match="makes more than 20000 sections"):
        resolved(tree(*doubling))
