import re

import pytest

from benchmarks.audit_growth import exponent, main


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_exponent_is_the_power_that_the_seconds_grow_with(power):
    assert exponent([10, 100, 1000], [3 * size**power for size in (10, 100, 1000)]) == pytest.approx(power)


@pytest.mark.slow
def test_the_last_line_tells_size_time_memory_and_growth(capfd, monkeypatch):
    monkeypatch.setattr("benchmarks.audit_growth._SHARES", (2, 1))
    main(["--connections=100", "--rules=500", "--until=tables", "--variant=one-network"])
    out, progress = capfd.readouterr()
    assert re.fullmatch(
        r"connections=100 rules=500 variant=one-network seconds=[\d.]+ cpu_seconds=[\d.]+ peak_gb=0\.[1-9]\d*"
        r" growth_exponent=-?[\d.]+",
        out.splitlines()[-1],
    )
    assert progress.count("s  table predictions_by_connection") == 2


def test_an_audit_writes_its_exports(tmp_path, capfd):
    main(["--connections=10", "--rules=100", f"--build={tmp_path}"])
    main(["--connections=10", "--rules=100", "--each-rule", f"--audit={tmp_path}"])
    assert "s  exports" in capfd.readouterr().err
    assert (tmp_path / "exports/findings.csv").stat().st_size > 0
