"""Serve the dashboard from an installed package, with its look and without calling anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from pilot.look import DARK, FONT_STACK, LIGHT, Palette

PAGE = Path(__file__).with_name("page.py")


def serve(path: Path, host: str = "127.0.0.1", port: int = 8501) -> int:
    """Serve the release at `path` until it is stopped; the exit code of the server."""
    try:
        return subprocess.run(command(path, host, port), check=False, env=_environment()).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 0


def is_open(host: str) -> bool:
    """Whether anybody but this machine can reach the address."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:  # a name
        return host != "localhost"


def command(path: Path, host: str, port: int) -> list[str]:
    """The command line that serves the release at `path`."""
    flags = [
        f"--{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in {**settings(), "server.address": host, "server.port": port}.items()
    ]
    return [sys.executable, "-m", "streamlit", "run", str(PAGE), *flags, "--", str(path.resolve())]


def settings() -> dict[str, str | bool]:
    """Streamlit's options: the look, and nothing that leaves the machine."""
    return {
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "server.headless": True,
        "server.fileWatcherType": "none",
        "theme.font": FONT_STACK,
        "theme.headingFont": FONT_STACK,
        **dict(_theme("light", LIGHT)),
        **dict(_theme("dark", DARK)),
    }


def _theme(name: str, colours: Palette) -> Iterator[tuple[str, str]]:
    yield f"theme.{name}.primaryColor", colours.pilot
    yield f"theme.{name}.backgroundColor", colours.paper
    yield f"theme.{name}.textColor", colours.ink
    yield f"theme.{name}.borderColor", colours.hairline


def _environment() -> dict[str, str]:
    """The environment without settings that would change the page from outside."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
