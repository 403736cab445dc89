"""Namespaces without a name, held by a process that ends with this one.

A keeper is a shell that is process 1 of its own PID namespace, with its own network and mounts, and waits for the end
of its input. When the lab closes that input, or dies of anything at all, SIGKILL included, the shell ends, the kernel
kills everything else in the PID namespace, and network, interfaces and mounts go with it. There is no name under
`/run/netns` to be left behind.
"""

from __future__ import annotations

import subprocess
from typing import IO, TYPE_CHECKING, Final, Self

from vpnaudit.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_START_S: Final = 20.0
_UNSHARE: Final = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL")

# /proc is still the host's here, so that the number is the one that nsenter needs; `$$` would be 1.
_KEEP: Final = 'read -r pid rest </proc/self/stat && echo "$pid" && read -r end'


class Namespace:
    """A network, mount and PID namespace of its own; `pid` is its keeper, for nsenter.

    Args:
        setup: shell commands to run inside first, which must succeed; `$1` and so on are `arguments`.
        arguments: of the commands.

    Raises:
        LabError: the kernel or a container forbids namespaces, or the commands fail.
    """

    def __init__(self, setup: str = ":", arguments: Sequence[str] = ()) -> None:
        script = f"set -e\nip link set lo up\n{setup}\n{_KEEP}"
        self._keeper = subprocess.Popen(  # noqa: S603 - a fixed command; the arguments are never parsed as shell
            [*_UNSHARE, "sh", "-c", script, "lab", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            start_new_session=True,  # an interrupt at the terminal is for the lab alone, which then ends this one
        )
        pid_line = _pipe(self._keeper.stdout).readline().strip()
        if not pid_line:
            reason = _pipe(self._keeper.stderr).read().strip()
            self.close()
            raise LabError(
                f"No namespace could be made: {reason}. The lab needs root, outside of a container that forbids"
                " namespaces."
            )
        self.pid = int(pid_line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything inside, and wait until it is gone."""
        for stream in (self._keeper.stdin, self._keeper.stdout, self._keeper.stderr):
            _pipe(stream).close()
        try:
            self._keeper.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._keeper.kill()  # its child, the keeper of the PID namespace, dies with it (--kill-child)
            self._keeper.wait()

    def command(self, *words: str, mounts: bool = True) -> list[str]:
        """The command line that runs a command inside; without `mounts` it sees the host's files."""
        inside = ("--mount", "--net", "--pid") if mounts else ("--net",)
        return ["nsenter", "--target", str(self.pid), *inside, "--", *words]

    def run(
        self, *words: str, stdin: str | None = None, mounts: bool = True, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end; its exit code is the caller's business.

        Raises:
            LabError: it took longer than `timeout_s`.
        """
        try:
            return subprocess.run(  # noqa: S603 - the words come from the lab, and no shell reads them
                self.command(*words, mounts=mounts),
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout_s,
                env=ENVIRONMENT,
            )
        except subprocess.TimeoutExpired:
            raise LabError(
                f"{words[0]} did not end within {timeout_s:.0f} s in the lab. Is this machine overloaded?"
            ) from None

    def must(self, *words: str, stdin: str | None = None, mounts: bool = True) -> str:
        """Run a command inside that has no reason to fail.

        Raises:
            LabError: it failed.
        """
        result = self.run(*words, stdin=stdin, mounts=mounts)
        if result.returncode:
            raise LabError(
                f"{' '.join(words)} failed in the lab: {result.stderr.strip() or f'exit code {result.returncode}'}"
            )
        return result.stdout


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:  # pragma: no cover - every stream of the keeper is a pipe
        raise LabError("a keeper without pipes")
    return stream


def bind_mounts(files: Mapping[Path, str]) -> str:
    """Shell commands that lay private files or folders over others, inside a namespace only."""
    from shlex import quote  # noqa: PLC0415 - next to its only use

    return "\n".join(f"mount --bind {quote(str(own))} {quote(over)}" for own, over in files.items())
