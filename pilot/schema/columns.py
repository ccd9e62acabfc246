"""Names of tables and columns, and what each column may hold.

A table is data: `CONTRACTS` says of every column what stands in it, and `checks` and the store follow it. Codes are
texts; what a reader calls them is said in views only.

There are two planes. Survey answers and comments are *confidential*: only aggregates leave them. Goals,
conversations, feedback, development plans and opportunities are the *practice* plane: the person and their manager
see them as in any HR system, leadership sees aggregates. No view ever joins the two planes for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

TableName = Literal[
    "roster",
    "responses",
    "submissions",
    "team_measures",
    "goals",
    "goal_changes",
    "conversations",
    "feedback",
    "development_plans",
    "opportunities",
    "comments",
]
Plane = Literal["shared", "confidential", "practice"]
ColumnKind = Literal["text", "date", "number", "code", "flag", "answer"]
Reference = Literal["persons", "teams", "waves", "items", "measures", "goals"]

TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
TEAM_KPI = "team_kpi_pct"  # a team's business result in percent of its target; no plan needs to name it
STANDARD_MEASURES = frozenset({TEAM_KPI})


@dataclass(frozen=True)
class Column:
    """What stands in one column.

    Attributes:
        name: Its name, with a unit where it has one.
        kind: `answer` is a number or the label of an answer; `flag` is 0 or 1.
        required: Whether every row has an entry.
        is_key: Whether it identifies the row, together with the table's other keys.
        may_change: Whether a later file may say something else; if not, that is a contradiction.
        choices: Allowed codes.
        lowest: Smallest number.
        highest: Largest number.
        reference: What must know the entry.
        not_before: Column with the day of joining, which comes first.
        goes_with: Column that is blank where this one is, and only there.
    """

    name: str
    kind: ColumnKind = "text"
    required: bool = True
    is_key: bool = False
    may_change: bool = False
    choices: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    reference: Reference | None = None
    not_before: str | None = None
    goes_with: str | None = None


@dataclass(frozen=True)
class Contract:
    """What one table holds.

    Attributes:
        stored_as: Its name in the database.
        plane: Who may see its rows: nobody (`confidential`), the person and their manager (`practice`).
        columns: In order.
        no_row_without: Column whose blank means that there is nothing to say, and not that something is missing.
    """

    stored_as: str
    plane: Plane
    columns: tuple[Column, ...]
    no_row_without: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a row."""
        return tuple(column.name for column in self.columns if column.is_key)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that every file has."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that a file may have."""
        return tuple(column.name for column in self.columns if not column.required)


def _own_key(name: str) -> Column:
    return Column(name, is_key=True)


def _choice(name: str, *choices: str, required: bool = True, may_change: bool = False) -> Column:
    return Column(name, "code", required=required, may_change=may_change, choices=choices)


def _flag(name: str, *, may_change: bool = False) -> Column:
    return Column(name, "flag", may_change=may_change)


def _detail(name: str) -> Column:
    """Something about a person that a roster may say and that may change."""
    return Column(name, required=False, may_change=True)


PERSON_OF = Column("person_id", reference="persons")
MOST_MINUTES = 600.0
MOST_TENURE_YEARS = 70.0
MOST_SECONDS = 30 * 86_400.0  # a questionnaire may stay open for days

CONTRACTS: dict[TableName, Contract] = {
    "roster": Contract(
        "person",
        "shared",
        (
            _own_key("person_id"),
            Column("team_id", reference="teams"),
            Column("joined_on", "date", required=False, may_change=True),
            Column("left_on", "date", required=False, may_change=True, not_before="joined_on"),
            Column("moved_on", "date", required=False, may_change=True, not_before="joined_on"),
            Column("moved_to_team_id", required=False, may_change=True, reference="teams", goes_with="moved_on"),
            _detail("manager_id"),
            Column("tenure_years", "number", required=False, may_change=True, lowest=0, highest=MOST_TENURE_YEARS),
            _detail("role"),
            _choice("language", "zh", "en", required=False, may_change=True),
        ),
    ),
    "responses": Contract(
        "response",
        "confidential",
        (
            Column("person_id", is_key=True, reference="persons"),
            Column("wave_id", is_key=True, reference="waves"),
            Column("item_id", is_key=True, reference="items"),
            Column("value", "answer"),
        ),
        no_row_without="value",
    ),
    "submissions": Contract(
        "submission",
        "confidential",
        (
            Column("person_id", is_key=True, reference="persons"),
            Column("wave_id", is_key=True, reference="waves"),
            Column("submitted_on", "date"),
            Column("seconds", "number", required=False, lowest=0, highest=MOST_SECONDS),
            _choice("language", "zh", "en", required=False),
        ),
    ),
    "team_measures": Contract(
        "team_measure",
        "shared",
        (
            Column("team_id", is_key=True, reference="teams"),
            Column("wave_id", is_key=True, reference="waves"),
            Column("measure_id", is_key=True, reference="measures"),
            Column("value", "number"),
        ),
        no_row_without="value",
    ),
    "goals": Contract(
        "goal",
        "practice",
        (
            _own_key("goal_id"),
            PERSON_OF,
            Column("set_on", "date"),
            _choice("origin", "assigned", "co_created", "self_created"),
            _choice("kind", "aligned", "development", "innovation"),
            Column("weight_pct", "number", may_change=True, lowest=0, highest=100),
            Column("objective_id", required=False, may_change=True),
            Column("why", required=False, may_change=True),
        ),
    ),
    "goal_changes": Contract(
        "goal_change",
        "practice",
        (
            _own_key("goal_change_id"),
            Column("goal_id", reference="goals"),
            Column("changed_on", "date"),
            Column("reason"),
            _flag("approved", may_change=True),
        ),
    ),
    "conversations": Contract(
        "conversation",
        "practice",
        (
            _own_key("conversation_id"),
            PERSON_OF,
            Column("held_on", "date"),
            _choice("kind", "check_in", "monthly_one_to_one", "milestone_review", "cycle_review"),
            Column("minutes", "number", lowest=1, highest=MOST_MINUTES),
            Column("next_steps", required=False, may_change=True),
        ),
    ),
    "feedback": Contract(
        "feedback",
        "practice",
        (
            _own_key("feedback_id"),
            PERSON_OF,
            Column("given_on", "date"),
            _choice("source", "manager", "peer", "cross_team", "self", "customer"),
            _choice("purpose", "recognition", "guidance"),
            *(_flag(part) for part in ("names_behaviour", "names_causes", "names_next_steps", "offers_support")),
        ),
    ),
    "development_plans": Contract(
        "development_plan",
        "practice",
        (
            _own_key("development_plan_id"),
            PERSON_OF,
            Column("made_on", "date"),
            *(_flag(part, may_change=True) for part in ("has_strengths", "has_aim", "has_actions", "has_support")),
        ),
    ),
    "opportunities": Contract(
        "opportunity",
        "practice",
        (
            _own_key("opportunity_id"),
            PERSON_OF,
            Column("granted_on", "date"),
            _choice("kind", "project", "rotation", "training", "mentor"),
        ),
    ),
    "comments": Contract(
        "comment",
        "confidential",
        (
            _own_key("comment_id"),
            PERSON_OF,
            Column("wave_id", reference="waves"),
            _choice("language", "zh", "en"),
            Column("text"),
        ),
        no_row_without="text",
    ),
}

REQUIRED_COLUMNS: dict[TableName, tuple[str, ...]] = {table: CONTRACTS[table].required for table in TABLE_NAMES}
OPTIONAL_COLUMNS: dict[TableName, tuple[str, ...]] = {table: CONTRACTS[table].optional for table in TABLE_NAMES}
KEY_COLUMNS: dict[TableName, tuple[str, ...]] = {table: CONTRACTS[table].keys for table in TABLE_NAMES}
PRACTICE_TABLES: tuple[TableName, ...] = tuple(name for name in TABLE_NAMES if CONTRACTS[name].plane == "practice")
