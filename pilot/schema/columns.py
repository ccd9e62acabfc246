"""Names of tables and columns."""

from __future__ import annotations

from typing import Literal, get_args

TableName = Literal["roster", "responses", "team_measures"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)

REQUIRED_COLUMNS: dict[TableName, tuple[str, ...]] = {
    "roster": ("person_id", "team_id"),
    "responses": ("person_id", "wave_id", "item_id", "value"),
    "team_measures": ("team_id", "wave_id", "measure_id", "value"),
}
OPTIONAL_COLUMNS: dict[TableName, tuple[str, ...]] = {
    "roster": ("joined_on", "left_on"),
    "responses": (),
    "team_measures": (),
}
KEY_COLUMNS: dict[TableName, tuple[str, ...]] = {
    "roster": ("person_id",),
    "responses": ("person_id", "wave_id", "item_id"),
    "team_measures": ("team_id", "wave_id", "measure_id"),
}
DATE_COLUMNS = ("joined_on", "left_on")
