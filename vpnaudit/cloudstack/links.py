"""Which rows name which objects of other tables: what is named and not there was not collected."""

from __future__ import annotations

LINKS = (
    ("connections", "s2svpngatewayid", "vpn_gateways"),
    ("connections", "s2scustomergatewayid", "customer_gateways"),
    ("vpn_gateways", "vpcid", "vpcs"),
    ("tiers", "vpcid", "vpcs"),
    ("tiers", "aclid", "acl_lists"),
    ("private_gateways", "vpcid", "vpcs"),
    ("private_gateways", "aclid", "acl_lists"),
    ("acl_rules", "aclid", "acl_lists"),
    ("acl_lists", "vpcid", "vpcs"),
    ("static_routes", "vpcid", "vpcs"),
    ("static_routes", "vpcgatewayid", "private_gateways"),
    ("public_ips", "vpcid", "vpcs"),
    ("routers", "vpcid", "vpcs"),
    ("remote_access_vpns", "publicipid", "public_ips"),
    ("vpcs", "domainid", "domains"),
    ("customer_gateways", "domainid", "domains"),
)
"""Which field of which table names an object of which table. An id that leads nowhere is something not collected, never
a finding.
"""

ROOT_LINKS = (
    *((table, "zoneid", "zones") for table in ("vpcs", "tiers", "routers")),
    *((table, "projectid", "projects") for table in ("vpcs", "tiers", "customer_gateways", "connections")),
    ("vpcs", "vpcofferingid", "vpc_offerings"),
    ("routers", "serviceofferingid", "service_offerings"),
    ("routers", "hostid", "hosts"),
)
"""The same, of what only root is shown all of: others see no disabled zone, no offering of another domain, no project
of a sub-domain.
"""

NAME_LINKS = (
    ("vpn_gateways", ("publicip",), "public_ips", ("ipaddress",)),
    *((table, ("account", "domainid"), "accounts", ("name", "domainid")) for table in ("customer_gateways", "vpcs")),
)
"""Which fields of which table name an object of which table, without its id."""
