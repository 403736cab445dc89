"""Units that run a command regularly, and after downtime at once: for systemd, or for cron.

systemd remembers when a timer ran last (`Persistent=true`). cron does not, so its lines look at a stamp in the folder:
every hour one runs the command if the last success is too old, and a machine that was off at night does it in the first
hour it is on. No secret is in a unit: secrets stand in a file that only its owner can read.
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
        ConfigError: `at` is of no known form, a path is not absolute, or a value cannot be carried: a line break begins
            a new directive.
    """
    when = _OFTEN.fullmatch(at)
    if not when:
        raise ConfigError(f"{at!r} is no schedule. Write hourly, daily, weekly, or a time as in: daily 03:30.")
    for value in (*command, str(folder), str(environment)):
        if not value.isprintable():
            raise ConfigError(
                f"{value!r} holds a line break or a control character, which no unit can carry. Rename it."
            )
        if "\\" in value and (kind == "cron" or value not in command):
            raise ConfigError(
                f"{value!r} holds a backslash, which crons and paths in units read in different ways. Rename it."
            )
    if not command or not all(path.is_absolute() for path in (folder, environment)) or not command[0].startswith("/"):
        raise ConfigError(
            "A unit needs absolute paths: of the program, of the folder to run in, and of the file with the secrets."
        )
    time = f"{when[2]}:{when[3]}" if when[2] else None
    return (
        _systemd(command, folder, environment, at, time)
        if kind == "systemd"
        else _cron(command, folder, environment, at, time)
    )


def _systemd(command: Sequence[str], folder: PurePath, environment: PurePath, at: str, time: str | None) -> str:
    calendar = f"*-*-* {time}:00" if time else at
    return f"""\
# ~/.config/systemd/user/vpnaudit.service
[Unit]
Description=Audit of Site-to-Site VPNs
StartLimitIntervalSec=1h
StartLimitBurst=4

[Service]
Type=oneshot
WorkingDirectory={_specifiers(str(folder))}
EnvironmentFile={_specifiers(str(environment))}
ExecStart={" ".join(_systemd_word(word) for word in command)}
# Only 0 is a success: 1 says findings, 2 that less was seen than was asked for, 3 and above that the run failed. Each
# leaves the unit failed, with its code in `systemctl --user status vpnaudit`, until somebody looks; to be told, add
# OnFailure= with a unit of yours. Python itself ends with 1 where it cannot start the program, so 1 must not pass.
# A run with a result is not repeated, one that failed is: after a start the network may not be there yet.
Restart=on-failure
RestartPreventExitStatus=1 2
RestartSec=5min
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
    slack = min(
        60, period // 2
    )  # a run takes minutes: the stamp of yesterday's run is less than a period old when today's is due
    call = " ".join(_shell_word(word) for word in command)
    lines = [f"17 * * * * {_cron_line(call, folder, environment, period + slack if time else period - slack)}"]
    if time:
        lines.insert(
            0, f"{int(time[3:])} {int(time[:2])} * * * {_cron_line(call, folder, environment, period - slack)}"
        )
    body = "\n".join(lines)
    return f"""\
# For `crontab -e`. Every hour the line looks at .vpnaudit-stamp and runs the command if the last result is too old: so
# a run that was due while the machine was off is made when it is on again. Exit codes 1 (findings) and 2 (less was seen
# than was asked for) are results where a new run.json says so; whatever else failed is tried again in the next hour.
# The line ends with the code of the run, and cron mails what the run writes: the verdict, or why there is none. The
# file with the secrets is read by sh: NAME='value' lines, mode 600.
{body}
"""


def _cron_line(call: str, folder: PurePath, environment: PurePath, due_minutes: int) -> str:
    run = (
        f"cd {_shell_word(str(folder))} && umask 077 && "
        f'[ -z "$(find .vpnaudit-stamp -mmin -{due_minutes} 2>/dev/null)" ] && '
        # Python itself ends with 1 where it cannot start the program: the code alone does not say that there was a run.
        f"{{ touch .vpnaudit-begun; set -a; . {_shell_word(str(environment))}; set +a; {call}; code=$?; "
        '[ "$code" -eq 0 ] || { [ "$code" -le 2 ] && '
        '[ -n "$(find reports -name run.json -newer .vpnaudit-begun 2>/dev/null)" ]; } && touch .vpnaudit-stamp; '
        'exit "$code"; }'
    )
    locked = f"flock -n {_shell_word(str(folder / '.vpnaudit-lock'))} sh -c {_shell_word(run)}"
    return locked.replace(
        "%", "\\%"
    )  # crontab(5): a bare `%` ends the command; the backslash is taken away, even within quotes


def _specifiers(text: str) -> str:
    """The specifiers of systemd begin with `%`; a path setting takes the rest of the line as it is otherwise."""
    return text.replace("%", "%%")


def _systemd_word(text: str) -> str:
    """A word of ExecStart: systemd.service(5) unquotes as C does, then expands `%` and `$`."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if _SAFE.fullmatch(text) else f'"{escaped}"'


def _shell_word(text: str) -> str:
    return text if _SAFE.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"
