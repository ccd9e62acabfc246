"""The documents say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
READMES = ["README.md", "README.zh-CN.md"]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


def test_architecture_names_every_room_and_no_other():
    package = REPOSITORY / "pilot"
    rooms = {
        f"pilot.{path.stem}" for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    rooms -= {"pilot.__init__", "pilot.__main__"}
    named = set(re.findall(r"^\| `(pilot\.\w+)` \|", text_of("ARCHITECTURE.md"), flags=re.MULTILINE))
    assert named == rooms


@pytest.mark.parametrize("name", [*READMES, "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text_of(name)):
        assert (REPOSITORY / target).exists(), target


def test_both_readmes_give_the_same_commands():
    def commands(name: str) -> list[str]:
        lines = [line.split("#")[0].split(" --reason")[0].strip() for line in text_of(name).splitlines()]
        return [line for line in lines if line.startswith(("pilot ", "make ", "python ", ".venv/"))]

    assert commands(READMES[0]) == commands(READMES[1])
    assert len(commands(READMES[0])) >= 12


@pytest.mark.parametrize("name", READMES)
def test_every_command_of_the_readme_exists(command, name):
    for word in set(re.findall(r"^pilot (\w+)", text_of(name), flags=re.MULTILINE)):
        assert command(word, "--help").code == 0, word
