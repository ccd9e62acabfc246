"""The mapping file with which `pilot import` reads a tool's own export back."""

from __future__ import annotations

import json

from pilot.exports.asked import ReturnedColumns
from pilot.instruments.form import Occasion

FIRST_WAVES: dict[Occasion, str] = {
    "baseline": "baseline_1",
    "pulse": "pulse_1",
    "endline": "endline",
    "follow_up": "follow_up_1",
}
COMMENT = (
    "# 每收一轮，把 wave_id 改成这一轮的编号，再导入：pilot import DIR 文件 --mapping 本文件\n"
    "# For each wave write its id as wave_id, then: pilot import DIR FILE --mapping this file\n"
)


def mapping_text(columns: ReturnedColumns, wave_id: str) -> str:
    """The mapping as a page; every text of the tool is quoted, whatever stands in it."""
    lines = [
        f"{COMMENT}format: 1",
        "table: responses",
        f"columns: {{person_id: {_quoted(columns.person)}}}",
        f"constants: {{wave_id: {_quoted(wave_id)}}}",
    ]
    if columns.are_numbered:
        lines.append("numbered_columns: yes")
    if columns.rows_below_header:
        lines.append(f"rows_below_header: {columns.rows_below_header}")
    if columns.missing:
        lines.append(f"missing: [{', '.join(map(_quoted, ('', *columns.missing)))}]")
    if columns.values:
        lines += ["values:", "  value:"]
        lines += [f"    {_quoted(theirs)}: {_quoted(ours)}" for theirs, ours in columns.values.items()]
    lines.append("answers:")
    lines += [f"  - {{column: {_quoted(column)}, item: {item_id}}}" for item_id, column in columns.items.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
