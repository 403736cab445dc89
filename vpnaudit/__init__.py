"""Audit and report the Site-to-Site (IPsec) VPNs of Apache CloudStack estates. It only reads."""

__version__ = "0.1.0"
