"""Which release the dashboard shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.plan import PilotFolder
from pilot.publication import Release, latest_release, read_release

VARIABLE = "PILOT_RELEASE"


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
