"""What the lab needs of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from vpnaudit.errors import LabError
from vpnaudit.lab.daemon import STARTER, STROKE
from vpnaudit.lab.namespaces import ENVIRONMENT, Namespace

_PLUGINS: Final = Path("/usr/lib/ipsec/plugins")
_PACKAGES: Final = {
    "strongswan-starter": (
        Path(STARTER),
        Path(STROKE),
        Path("/etc/ipsec.conf"),
        Path("/etc/ipsec.secrets"),
        Path("/etc/ipsec.d"),
    ),
    "strongswan-charon": (Path("/usr/lib/ipsec/charon"),),
    "libcharon-extra-plugins": (_PLUGINS / "libstrongswan-kernel-libipsec.so",),
    "libstrongswan-standard-plugins": (_PLUGINS / "libstrongswan-gcm.so",),
    "libstrongswan-extra-plugins": (_PLUGINS / "libstrongswan-curve25519.so",),
}
_PROGRAMS: Final = {"iproute2": "ip", "iputils-ping": "ping", "iptables": "iptables", "util-linux": "nsenter"}
MASK: Final = "ln -sf /dev/null /etc/systemd/system/strongswan-starter.service"


def requirements() -> list[str]:
    """What is missing here for `prove`, one sentence each, which says what to do; empty: nothing. Changes nothing."""
    missing = _packages()
    if missing:
        install = f"{MASK}; apt-get install --no-install-recommends {' '.join(missing)}"
        head = f"These Debian packages are missing: {', '.join(missing)}."
        return [f"{head} As root: {install}. The first command keeps the package from starting a daemon."]
    if os.geteuid() != 0:
        return ["The lab makes network namespaces, for which it must run as root: put sudo before the command."]
    if not Path("/dev/net/tun").exists():
        return ["There is no /dev/net/tun: modprobe tun; in a container, start it with --device /dev/net/tun."]
    try:
        with Namespace() as namespace:
            namespace.must("ip", "-batch", "-", stdin="link add name lab0 type veth peer name lab1\n", mounts=False)
            namespace.must("ip", "tuntap", "add", "dev", "lab2", "mode", "tun", mounts=False)
    except LabError as error:
        return [f"{error} In a container, start it with --privileged."]
    return []


def require() -> None:
    """Do nothing where the lab can run.

    Raises:
        LabError: something is missing.
    """
    if missing := requirements():
        raise LabError(" ".join(missing))


def strongswan_version() -> str:
    """The version of charon here, such as `5.9.8`."""
    result = subprocess.run(
        ["/usr/lib/ipsec/charon", "--version"], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    words = result.stdout.split()
    return words[-1] if words else "unknown"


def _packages() -> list[str]:
    missing = [name for name, files in _PACKAGES.items() if not all(file.exists() for file in files)]
    return missing + [
        name for name, program in _PROGRAMS.items() if not shutil.which(program, path=ENVIRONMENT["PATH"])
    ]
