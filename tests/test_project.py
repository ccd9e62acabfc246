"""The house itself: layers, types, what the wheel and the sdist contain."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parent.parent


def run(*arguments: object, cwd: Path = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, arguments)),
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "check",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports", "--no-cache")],
    ids=lambda check: " ".join(check),
)
def test_static_checks(check):
    program = Path(sys.executable).parent / check[0]
    done = run(program, *check[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def tracked(*folders: str) -> set[str]:
    listed = run("git", "ls-files", "-z", "--", *folders).stdout
    return {name for name in listed.split("\0") if name}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The wheel and the sdist, built from the tracked files with a stray file lying among them.

    The files as they are now, committed or not; a clone would read the repository's history as well.
    """
    target = tmp_path_factory.mktemp("dist")
    checkout = tmp_path_factory.mktemp("checkout") / "pilot"
    for name in tracked():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((REPOSITORY / name).read_bytes())
    (checkout / "surveys" / "__pycache__").mkdir()
    (checkout / "surveys" / "__pycache__" / "stray.pyc").write_bytes(b"")
    (checkout / "pilot" / ".DS_Store").write_bytes(b"")
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_wheel_holds_the_package_and_its_pages_and_nothing_else(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    pages = {
        name.replace(folder, f"pilot/_shipped/{folder}", 1)
        for folder in ("surveys", "simulations")
        for name in tracked(folder)
        if name.endswith(".yaml")
    }
    assert pages
    assert inside == tracked("pilot") | pages


def test_sdist_holds_nothing_stray(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()} - {"PKG-INFO", ".gitignore", "pyproject.toml"}
    assert inside <= tracked()
    assert tracked("surveys", "simulations", "pilot", "app.py") <= inside


def test_installed_wheel_runs_the_demo(built, tmp_path):
    target = tmp_path / "site"
    uv = Path(sys.executable).parent / "uv"
    wheel = next(built.glob("*.whl"))
    done = run(uv, "pip", "install", "--no-deps", "--offline", "--target", target, wheel)
    assert done.returncode == 0, done.stderr
    script = tmp_path / "run_demo.py"  # finds the installed package before the checkout
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(target)!r})\nimport pilot\nassert {str(target)!r} in pilot.__file__\n"
        "from pilot.cli import main\nsys.argv = ['pilot', 'demo', 'unit']\nmain()\n"
    )
    done = run(sys.executable, "-I", script, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "unit" / "report" / "report.html").stat().st_size > 100_000


def test_workflow_files_are_yaml():
    for name in tracked():
        if name.endswith((".yaml", ".yml")):
            assert yaml.safe_load((REPOSITORY / name).read_text("utf-8")) is not None, name


def test_lock_files_carry_hashes_and_no_address():
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (REPOSITORY / name).read_text("utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text
