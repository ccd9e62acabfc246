"""Fixtures for all tests: a folder of a pilot, the command line, and the real data that is not in the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pilot.plan import PilotFolder

REPOSITORY = Path(__file__).parent.parent
REAL_DATA = Path(os.environ.get("PILOT_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
R_VALUES = REAL_DATA.parent / "reference"


@dataclass(frozen=True)
class Run:
    """One run of the command line."""

    code: int
    out: str
    err: str


Command = Callable[..., Run]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences are checked in English unless a test asks for Chinese."""
    monkeypatch.setenv("PILOT_LANG", "en")
    monkeypatch.delenv("PILOT_DATABASE", raising=False)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `pilot` with arguments, in this process."""

    from pilot.cli import main  # here, so that tests of the lower layers need not import the views

    def run(*arguments: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["pilot", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Run(int(exit_.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> PilotFolder:
    """An empty folder for a pilot."""
    return PilotFolder(tmp_path / "pilot")


def _need(path: Path) -> Path:
    """Real data that is not in the repository; where CI has none, that is a failure and not a skip."""
    if not path.is_dir():
        missing = f"REAL DATA NOT FOUND at {path}: set PILOT_REAL_DATA. The checks on it DID NOT RUN."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data."""
    return _need(REAL_DATA)


@pytest.fixture(scope="session")
def r_values() -> Path:
    """Folder of the values that R gave on the real data."""
    return _need(R_VALUES)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, from the system's programs, on a socket in a temporary folder."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        missing = "POSTGRESQL NOT FOUND: install Debian's postgresql. The checks on it DID NOT RUN."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    # Not pytest's own folder: its path can be too long for a socket, and later runs of pytest clear it away.
    folder = Path(tempfile.mkdtemp(prefix="pilot-pg-"))
    data, binaries = folder / "data", programs[-1]
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        subprocess.run(["chown", "postgres", folder], check=True)
        as_user = ["runuser", "-u", "postgres", "--"]
    subprocess.run([*as_user, binaries / "initdb", "-A", "trust", "-U", "pilot", data], check=True, capture_output=True)
    options = f"-k {folder} -c listen_addresses="
    control = [*as_user, binaries / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, capture_output=True)
    try:
        yield f"postgresql+psycopg://pilot@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)
        shutil.rmtree(folder)
