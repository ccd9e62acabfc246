"""Pydantic's findings as sentences for people who do not program."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pilot.i18n import Message, message


def sentence(detail: ErrorDetails, model: type[BaseModel]) -> tuple[Message, Message]:
    """What was found, and what to write instead."""
    kind, context = detail["type"], dict(detail.get("ctx") or {})
    if kind == "missing":
        return message("is missing."), message("Add it; `pilot init` writes a complete example.")
    if kind == "extra_forbidden":
        return message("is not a known key."), _known_keys(detail, model)
    found = message("“{value}” cannot stand here.", value=_shown(detail.get("input")))
    return found, _expected(kind, context)


def _expected(kind: str, context: dict[str, Any]) -> Message:
    if kind in ("literal_error", "enum"):
        return message("Write one of: {choices}.", choices=context["expected"].replace(" or ", ", "))
    if kind.startswith("int_"):
        return message("Write a whole number.")
    if kind.startswith(("float_", "decimal_", "finite_")):
        return message("Write a number, with a point for decimals.")
    if kind.startswith("bool_"):
        return message("Write yes or no.")
    if kind.startswith(("date_", "datetime_")):
        return message("Write a date of the calendar as year-month-day, for example 2027-03-01.")
    bounds = {
        "greater_than": message("Write a number above {bound}.", bound=context.get("gt")),
        "greater_than_equal": message("Write a number of at least {bound}.", bound=context.get("ge")),
        "less_than": message("Write a number below {bound}.", bound=context.get("lt")),
        "less_than_equal": message("Write a number of at most {bound}.", bound=context.get("le")),
        "string_pattern_mismatch": message("Write it in the form {pattern}.", pattern=context.get("pattern")),
        "string_too_short": message("Write something; it is empty."),
        "too_short": message("List at least {count}.", count=context.get("min_length")),
        "string_type": message("Write a text."),
        "tuple_type": message("Write a list: one entry a line, each beginning with “- ”."),
        "list_type": message("Write a list: one entry a line, each beginning with “- ”."),
        "model_type": message("Write the keys of this part below it, indented."),
        "dict_type": message("Write the keys of this part below it, indented."),
    }
    return bounds.get(kind, message("Compare it with the example that `pilot init` writes."))


def _shown(value: object, longest: int = 60) -> str:
    text = "…" if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= longest else text[:longest] + "…"


def _known_keys(detail: ErrorDetails, model: type[BaseModel]) -> Message:
    part = _model_at(detail["loc"][:-1], model)
    if part is None:
        return message("Remove it.")
    keys = list(part.model_fields)
    near = get_close_matches(str(detail["loc"][-1]), keys, n=1)
    if near:
        return message("Did you mean “{key}”?", key=near[0])
    return message("Remove it; known here are: {keys}.", keys=keys)


def _model_at(loc: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel] | None:
    """The model in which a path of keys ends."""
    for key in loc:
        if isinstance(key, int):
            continue
        known = model.model_fields.get(key)
        inner = _model_within(known.annotation) if known else None
        if inner is None:
            return None
        model = inner
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for part in get_args(annotation) if (inner := _model_within(part))), None)
