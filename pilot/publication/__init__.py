"""The only door to the views: a result, made safe to show, frozen as a numbered release."""

from pilot.publication.publishing import publish
from pilot.publication.release import (
    Count,
    Mean,
    Release,
    ShownBias,
    ShownFlow,
    ShownIndicator,
    ShownSheet,
    ShownWave,
    Withheld,
    latest_release,
    read_release,
)

__all__ = [
    "Count",
    "Mean",
    "Release",
    "ShownBias",
    "ShownFlow",
    "ShownIndicator",
    "ShownSheet",
    "ShownWave",
    "Withheld",
    "latest_release",
    "publish",
    "read_release",
]
