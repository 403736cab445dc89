"""What an operator set up is in every cloud, and an old release does not know what came later."""

from vpnaudit.sandbox.cloud import Cloud
from vpnaudit.sandbox.platform import as_of_version

from .asking import ALL, PLUS, ask, names, rows


def test_an_old_release_lacks_what_came_later(readable):
    assert all(
        "ikeversion" not in row and "domainpath" not in row
        for row in rows(readable, "dr", "auditor", "listVpnCustomerGateways", **ALL)
    )
    assert all("ikeversion" in row for row in rows(readable, "prod", "auditor", "listVpnCustomerGateways", **ALL))
    # Before 4.14 -1 with listall is the projects alone.
    assert names(readable, "auditor", "listVPCs", source="dr", **PLUS) == {"vault-dr"}
    _, body = ask(readable, "dr", "auditor", "listCapabilities")
    assert body["listcapabilitiesresponse"]["capability"]["cloudstackversion"] == "4.10.0.0"


def test_keys_go_with_the_release_that_brought_them():
    def keys(version):
        cloud = Cloud("prod", version)
        cloud.add(
            "vpncustomergateway", {"id": "c", "ikeversion": "ikev2", "splitconnections": False, "domainpath": "/"}
        )
        as_of_version(cloud)
        return set(cloud.rows("vpncustomergateway")[0])

    assert keys("4.15.0") == {"id"}
    assert keys("4.15.1") == {"id", "ikeversion", "splitconnections"}
    assert keys("4.22.0.0") == {"id", "ikeversion", "splitconnections", "domainpath"}


def test_the_setting_of_the_page_size_is_the_clouds_own(sandbox):
    (setting,) = rows(sandbox, "prod", "admin", "listConfigurations", name="default.page.size")
    assert setting["value"] == "500"
