"""From the sealed protocol and the stored tables to one result."""

from pilot.analysis.analysing import analyse

__all__ = ["analyse"]
