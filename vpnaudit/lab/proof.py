"""What `prove` returns, and the evidence folder that an auditor keeps."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.errors import LabError
from vpnaudit.lab.compare import Difference, differences, differences_by_field
from vpnaudit.private_files import make_folder, write_bytes, write_text
from vpnaudit.version import __version__

if TYPE_CHECKING:
    from vpnaudit.ipsec.outcome import Outcome
    from vpnaudit.ipsec.sides import Case
    from vpnaudit.lab.measure import Measured


@dataclass(frozen=True, slots=True)
class Run:
    """One initiator: what was predicted for it, what was measured, and where they differ."""

    predicted: Outcome
    measured: Measured

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where they differ; empty: the prediction held."""
        return differences(self.predicted, self.measured)

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """Every compared field with both values, as plain data."""
        return {
            name: {"predicted": predicted, "measured": measured}
            for name, predicted, measured in differences_by_field(self.predicted, self.measured)
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """All runs of one connection.

    `assumed` are the fields of the peer that were not known and were taken as equal to the router's; `limits` say what
    the lab plays otherwise than it is. `evidence` is the folder, if one was asked for.
    """

    case: Case
    runs: tuple[Run, ...]
    assumed: tuple[str, ...]
    limits: tuple[str, ...]
    versions: dict[str, str]
    evidence: Path | None = None

    @property
    def held(self) -> bool:
        """Whether every run was as predicted in every field."""
        return not self.differences

    @property
    def differences(self) -> tuple[tuple[str, Difference], ...]:
        """Every difference, with the initiator of its run."""
        return tuple((run.measured.initiator, one) for run in self.runs for one in run.differences)

    def as_data(self) -> dict[str, Any]:
        """The proof as plain data: what `--json` prints and `outcome.json` holds."""
        return {
            "held": self.held,
            "psk": self.case.psk,
            "assumed": list(self.assumed),
            "limits": list(self.limits),
            "versions": self.versions,
            "runs": [
                {
                    "initiator": run.measured.initiator,
                    "started_utc": run.measured.started_utc.isoformat(timespec="milliseconds"),
                    "ended_utc": (
                        run.measured.ended_utc.isoformat(timespec="milliseconds") if run.measured.ended_utc else None
                    ),
                    "held": not run.differences,
                    "not_loaded": list(run.measured.not_loaded),
                    "fields": run.fields,
                    "differences": [asdict(one) for one in run.differences],
                }
                for run in self.runs
            ],
        }


def tool_versions(strongswan: str) -> dict[str, str]:
    """What took part."""
    return {
        "vpnaudit": __version__,
        "strongswan": strongswan,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def write_evidence(proof: Proof, folder: Path) -> None:
    """Write the folder at once: it is there in full or not at all.

    Raises:
        LabError: it exists and is not empty, or cannot be written.
    """
    check_evidence(folder)
    make_folder(folder.parent)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        _fill(proof, fresh)
        fresh.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_evidence(folder: Path) -> None:
    """Refuse a folder that holds something, before anything is run.

    Raises:
        LabError: see above.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LabError(
            f"{folder} is there already, and evidence is never mixed or replaced. Name a folder that does not exist."
        )


def _unwritable(folder: Path, error: OSError) -> LabError:
    return LabError(
        f"The evidence could not be written to {folder}: {error.strerror}. Nothing of it was left. Name another place"
        " with room."
    )


def _fill(proof: Proof, folder: Path) -> None:
    texts = {
        "outcome.json": _json(proof.as_data()),
        "prediction.json": _json([asdict(run.predicted) for run in proof.runs]),
        "inputs.json": _json(asdict(proof.case)),
        "README.txt": _README,
    }
    for run in proof.runs:
        texts |= {f"{run.measured.initiator}-starts/{name}": text for name, text in run.measured.files.items()}
    sums = []
    for name, text in sorted(texts.items()):
        file = folder / name
        make_folder(file.parent)
        write_bytes(file, text.encode())
        sums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n")
    write_text(folder / "SHA256SUMS", "".join(sums))


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"


_README = """What two strongSwan daemons did with the configuration of both ends of a VPN tunnel,
beside what was predicted.

inputs.json        both ends and the network between them, as they were run; keys are stand-ins,
equal or unequal as `psk` says
prediction.json    the prediction for each end that starts
outcome.json       what was measured, compared with it field by field; `held`: everything was as predicted
ROUTER-OR-PEER-starts/
    router/etc, peer/etc     the files of each end; the router's are as a virtual router of its CloudStack version
                             writes them
    router/*, peer/*         the daemons' logs, and `ipsec statusall` at each step
    up.txt                   what `ipsec up` printed
SHA256SUMS         of all of these: sha256sum -c SHA256SUMS
"""
