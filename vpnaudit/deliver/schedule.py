"""Units that run a command regularly, and after downtime at once: for systemd, or for cron.

systemd remembers when a timer ran last (`Persistent=true`). cron does not, so its lines look for the folder's stamp: an hourly line runs the
command when the last success is older than the period, and a machine that was off at night does it in the first hour it is on. The command is
one that this user's shell could run; no secret is in a unit: those stand in a file that only its owner can read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

Kind = Literal["systemd", "cron"]
PERIODS = {"hourly": 60, "daily": 24 * 60, "weekly": 7 * 24 * 60}
"""How often, and after how many minutes the next run is due."""

_OFTEN = re.compile(r"(hourly|daily|weekly)|daily ([01]\d|2[0-3]):([0-5]\d)")
_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def units(kind: Kind, command: Sequence[str], *, folder: PurePath, environment: PurePath, at: str = "daily") -> str:
    """The text of the units.

    Args:
        kind: `systemd` gives a service and a timer for `~/.config/systemd/user`, `cron` lines for `crontab -e`.
        command: the command as a list, the program first, as an absolute path.
        folder: absolute path of the folder to run in; the cron stamp lies there too.
        environment: absolute path of a file of `NAME=value` lines that holds the secrets.
        at: `hourly`, `daily`, `weekly`, or `daily HH:MM`.

    Raises:
        ConfigError: `at` is of no known form, or a value holds a line break or another control character, which would begin a new directive.
    """
    when = _OFTEN.fullmatch(at)
    if not when:
        raise ConfigError(f"{at!r} is no schedule. Write hourly, daily, weekly, or a time as in: daily 03:30.")
    for value in (*command, str(folder), str(environment)):
        if not value.isprintable():
            raise ConfigError(f"{value!r} holds a line break or a control character, which no unit can carry. Rename it.")
    if not command or not all(path.is_absolute() for path in (folder, environment)) or not command[0].startswith("/"):
        raise ConfigError("A unit needs absolute paths: of the program, of the folder to run in, and of the file with the secrets.")
    time = f"{when[2]}:{when[3]}" if when[2] else None
    return _systemd(command, folder, environment, at, time) if kind == "systemd" else _cron(command, folder, environment, at, time)


def _systemd(command: Sequence[str], folder: PurePath, environment: PurePath, at: str, time: str | None) -> str:
    calendar = f"*-*-* {time}:00" if time else at
    return f"""\
# ~/.config/systemd/user/vpnaudit.service
[Unit]
Description=Audit of Site-to-Site VPNs
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={_specifiers(str(folder))}
EnvironmentFile={_specifiers(str(environment))}
ExecStart={" ".join(_systemd_word(word) for word in command)}
# 1: findings, 2: less was seen than was asked for. Both are results; 3 and above are failures.
SuccessExitStatus=1 2
UMask=0077
NoNewPrivileges=yes

# ~/.config/systemd/user/vpnaudit.timer
[Unit]
Description=Regular audit of Site-to-Site VPNs

[Timer]
OnCalendar={calendar}
# A run that was due while the machine was off is made when it is on again.
Persistent=true
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target

# Once:
#   chmod 600 the environment file
#   systemctl --user daemon-reload && systemctl --user enable --now vpnaudit.timer
#   loginctl enable-linger     # so that it runs while nobody is logged in
"""


def _cron(command: Sequence[str], folder: PurePath, environment: PurePath, at: str, time: str | None) -> str:
    period = next(minutes for name, minutes in PERIODS.items() if at.startswith(name))
    # Younger than the period by a slack: a run takes some minutes, and the next tick must not find yesterday's stamp too young.
    due = period - min(60, period // 2)
    words = {"folder": _shell_word(str(folder)), "file": _shell_word(str(environment))}
    call = " ".join(_shell_word(word) for word in command)
    run = (
        f"cd {words['folder']} && umask 077 && "
        f'[ -z "$(find .vpnaudit-stamp -mmin -{due} 2>/dev/null)" ] && '
        f"{{ set -a; . {words['file']}; set +a; {call}; [ $? -le 2 ] && touch .vpnaudit-stamp; }}"
    )
    locked = f"flock -n {_shell_word(str(folder / '.vpnaudit-lock'))} sh -c {_shell_word(run)}"
    line = _cron_text(locked)
    first = f"{int(time[3:])} {int(time[:2])} * * * {line}\n" if time else ""
    return f"""\
# For `crontab -e`. The line looks every hour, and runs when the last success is {due // 60} h {due % 60} min old or more: so a run that
# was due while the machine was off is made when it is on again. The file with the secrets is read by sh: NAME='value' lines, mode 600.
{first}17 * * * * {line}
@reboot {line}
"""


def _specifiers(text: str) -> str:
    """systemd expands `%`; a path setting takes the rest of the line as it is otherwise."""
    return text.replace("%", "%%")


def _systemd_word(text: str) -> str:
    """A word of ExecStart: systemd.service(5) unquotes as C does, then expands `%` and `$`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if _SAFE.fullmatch(text) else f'"{escaped}"'


def _shell_word(text: str) -> str:
    return text if _SAFE.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"


def _cron_text(text: str) -> str:
    """In crontab(5) an unescaped `%` ends the command; a backslash before it is taken away, even within quotes."""
    return text.replace("%", "\\%")
