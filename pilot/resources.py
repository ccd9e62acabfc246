"""Files that ship with the package: instruments, scenarios, templates."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

ShippedFolder = Literal["surveys", "surveys/forms", "simulations"]


def shipped_folder(name: ShippedFolder) -> Path:
    """The folder of shipped pages: inside the installed package, or at the top of a source checkout."""
    package = Path(str(files("pilot")))
    installed = package / "_shipped" / name
    return installed if installed.is_dir() else package.parent / name


def shipped_pages(name: ShippedFolder) -> dict[str, Path]:
    """Shipped YAML pages by their id (the file's stem)."""
    return {path.stem: path for path in sorted(shipped_folder(name).glob("*.yaml"))}
