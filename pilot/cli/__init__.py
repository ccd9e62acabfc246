"""The command `pilot`: one command for each step of the way."""

from pilot.cli.app import main

__all__ = ["main"]
