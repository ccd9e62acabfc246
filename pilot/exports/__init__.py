"""A form for the survey tools that people have, and the mapping file that reads their answers back."""

from pilot.exports.exporting import MAPPING_SUFFIX, TOOLS, Tool, export_files

__all__ = ["MAPPING_SUFFIX", "TOOLS", "Tool", "export_files"]
