"""A cloud keeps its rows in the order in which they were made, and knows the ids of what is there."""

from vpnaudit.sandbox.cloud import Cloud, object_id, shaped


def test_a_row_is_kept_and_its_id_is_one_of_an_object_that_exists():
    cloud = Cloud("prod", "4.22.0.0")
    cloud.add("zone", {"id": "z1"})
    cloud.add("zone", {"id": "z0"})
    cloud.add("capability", {"cloudstackversion": "4.22.0.0"})
    assert cloud.rows("zone") == [{"id": "z1"}, {"id": "z0"}]
    assert cloud.object_ids == {"z1", "z0"}
    assert cloud.rows("nothing") == []


def test_a_key_without_a_value_is_left_out_as_the_server_does():
    row = shaped("network", id="t", aclid=None)
    assert "aclid" not in row
    assert row["id"] == "t"


def test_an_id_looks_like_the_servers_and_follows_from_its_parts():
    assert object_id(0, "prod", "vpc", "a") == object_id(0, "prod", "vpc", "a") != object_id(0, "prod", "vpc", "b")
    assert [len(part) for part in object_id("x").split("-")] == [8, 4, 4, 4, 12]
