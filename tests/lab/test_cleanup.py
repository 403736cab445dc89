"""Whatever happens to a run, nothing of it stays, and nothing of the host is touched."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.lab import prove
from vpnaudit.lab.workplace import remove_dead_folders

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("here")]
ROOT = Path(__file__).parents[2]
# A background job of a shell, or of nohup, inherits SIGINT ignored, and Python rightly leaves it so: a run that must be
# interruptible however the suite was started asks for the handler itself.
RUN = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.errors import FileError, LabError
from vpnaudit.lab import prove
evidence = Path(sys.argv[1]) if sys.argv[1:] else None
try:
    prove(ROUTER, equal_peer(ROUTER), evidence=evidence, on_progress=lambda text: print(text, flush=True))
except (FileError, LabError) as error:
    print(error, flush=True)
"""


def digest(folder):
    """Every file and link under a folder, by name, mode and bytes."""
    digests = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            if path.is_symlink():
                digests[str(path)] = str(path.readlink())
            elif path.is_file():
                digests[str(path)] = (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return digests


def network():
    """What of the host a run could have touched: names of namespaces, interfaces, rules, mounts, daemons' files."""
    commands = (
        ["ip", "netns", "list"],
        ["ip", "-o", "link"],
        ["ip", "-4", "-o", "addr"],
        ["ip", "rule"],
        ["ip", "route", "show", "table", "all"],
    )
    outputs = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in commands]
    mounts = [line.split(" ", 3)[3] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return outputs, mounts, sorted(str(file) for file in Path("/run").glob("*charon*"))


def descendants(pid):
    """The processes below one, with their start times: the namespaces hide nothing from the host."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = (int(fields[1]), fields[19])
    processes, last = set(), {pid}
    while last:
        last = {child for child, (parent, _) in parents.items() if parent in last}
        processes |= {(child, parents[child][1]) for child in last}
    return processes


def alive(process):
    pid, started = process
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and fields[0] not in "ZX"


def gone(processes):
    deadline = time.monotonic() + 20
    while any(alive(one) for one in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not [one for one in processes if alive(one)]


@pytest.fixture
def untouched():
    """The host after the test is the host before it."""
    etc, before = digest("/etc"), network()
    yield
    assert digest("/etc") == etc
    assert network() == before


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_ended_in_its_middle_leaves_nothing(number, untouched, temporary):
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        while b"renewing" not in run.stdout.readline():
            assert run.poll() is None
        below = descendants(run.pid)
        run.send_signal(number)
        run.communicate(timeout=60)
    assert run.returncode != 0
    assert len(below) > 8
    assert gone(below)
    if number == signal.SIGKILL:
        assert len(list(temporary.iterdir())) == 1
        assert remove_dead_folders()
    assert list(temporary.iterdir()) == []


def test_an_exception_in_the_middle_leaves_nothing(untouched, temporary):
    below = set()

    def stop(text):
        if "renewing" in text:
            below.update(descendants(os.getpid()))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        prove(ROUTER, equal_peer(ROUTER), on_progress=stop)
    assert len(below) > 8
    assert gone(below)
    assert list(temporary.iterdir()) == []


def test_a_run_to_its_end_leaves_nothing(untouched, temporary):
    assert prove(ROUTER, equal_peer(ROUTER), initiators=["router"]).held
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(("options", "what"), [("nr_inodes=6", "lab"), ("size=24k", "evidence")])
def test_a_full_disk_is_told_and_leaves_nothing(options, what, untouched, tmp_path):
    """A file system without room, mounted where only the run sees it: for the lab's own folder, and for the
    evidence.
    """
    small, roomy = tmp_path / "small", tmp_path / "roomy"
    small.mkdir()
    roomy.mkdir()
    script = f'mount -t tmpfs -o {options} none "$1" && "$2" -c "$3" "$4" && echo "left: $(ls -A "$1")"'
    evidence = small / "evidence" if what == "evidence" else roomy / "evidence"
    environment = {**os.environ, "TMPDIR": str(small if what == "lab" else roomy), "PYTHONPATH": str(ROOT)}
    words = ["unshare", "--mount", "sh", "-c", script, "sh", str(small), sys.executable, RUN, str(evidence)]
    result = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert os.strerror(errno.ENOSPC) in result.stdout
    assert result.stdout.endswith("left: \n")
    assert list(roomy.iterdir()) == []
