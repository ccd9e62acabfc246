"""Which release the dashboard shows, and which files lie beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pilot.errors import Fault, PilotError
from pilot.i18n import Message, message
from pilot.plan import PilotFolder
from pilot.publication import Release, latest_release, read_release
from pilot.publication.release import release_path

VARIABLE = "PILOT_RELEASE"
OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True)
class Download:
    """A file to take away.

    Attributes:
        label: What it is.
        path: Where it lies.
        mime: Its type.
    """

    label: Message
    path: Path
    mime: str


def named_path(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Path | None:
    """The folder or file named after `--` on the command line, else in `PILOT_RELEASE`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    environment = os.environ if environment is None else environment
    named = arguments[-1] if arguments else environment.get(VARIABLE, "")
    return Path(named) if named else None


def release_at(path: Path | None) -> Release:
    """The release in a file, or the newest one of a pilot's folder or of a folder of releases.

    Raises:
        PilotError: there is none, or it is damaged.
    """
    if path is None:
        found = message("no folder and no file was named.")
        remedy = message("Start it with `pilot dashboard FOLDER`.")
        raise PilotError(message("There is no release to show."), [Fault(VARIABLE, found, remedy)])
    if not path.is_dir():
        return read_release(path)
    releases = PilotFolder(path).releases
    return latest_release(releases if releases.is_dir() else path)


def downloads_at(path: Path | None, release: Release) -> tuple[Download, ...]:
    """The release's own file, and the report where one lies beside it."""
    if path is None:
        return ()
    folder = PilotFolder(path) if path.is_dir() else PilotFolder(path.parent.parent)
    file = (
        path if path.is_file() else release_path(folder.releases if folder.releases.is_dir() else path, release.number)
    )
    report = folder.report
    found = (
        Download(message("The release, with every number on these pages (JSON)"), file, "application/json"),
        Download(message("The decision paper, in both languages (HTML)"), report / "report.html", "text/html"),
        Download(message("The decision paper in Chinese (PDF)"), report / "paper-zh.pdf", "application/pdf"),
        Download(message("The decision paper in English (PDF)"), report / "paper-en.pdf", "application/pdf"),
        Download(
            message("Slides in Chinese (PPTX)"), report / "slides-zh.pptx", f"{OFFICE}.presentationml.presentation"
        ),
        Download(
            message("Slides in English (PPTX)"), report / "slides-en.pptx", f"{OFFICE}.presentationml.presentation"
        ),
        Download(message("Every table (XLSX)"), report / "tables.xlsx", f"{OFFICE}.spreadsheetml.sheet"),
    )
    return tuple(each for each in found if each.path.is_file())
