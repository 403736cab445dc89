"""Configurations of other clients, as text; their secret is a canary."""

from __future__ import annotations

from vpnaudit.cloudstack.profiles import load_profiles

URL = "https://cloud.example.org/client/api"
SECRET = "canary-secret-value"
ENVIRONMENT = {"CLOUDSTACK_ENDPOINT": f"{URL}/env", "CLOUDSTACK_KEY": "ek", "CLOUDSTACK_SECRET": "es"}


def ini(section="cloudstack", endpoint=URL, key="k", more=""):
    return f"[{section}]\nendpoint = {endpoint}\nkey = {key}\nsecret = {SECRET}\n{more}\n"


def profile_values(places, environ, *names):
    (profile,) = load_profiles(list(names), environ, *places)
    return {"endpoint": profile.endpoint, "key": profile.key, "secret": profile.secret}
