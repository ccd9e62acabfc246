"""What differs between two protocols, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

NAMING_KEYS = ("id", "measure")


class Change(BaseModel):
    """One entry before and after; None where it did not stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    before: str | None
    after: str | None


def changes_between(before: Any, after: Any) -> tuple[Change, ...]:
    """Every scalar of nested plain data that differs, by its path."""
    old, new = dict(_scalars(before)), dict(_scalars(after))
    paths = sorted(old.keys() | new.keys())
    return tuple(
        Change(path=path, before=old.get(path), after=new.get(path)) for path in paths if old.get(path) != new.get(path)
    )


def _scalars(content: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _scalars(value, f"{path}.{key}" if path else str(key))
    elif isinstance(content, (list, tuple)):
        for index, value in enumerate(content, start=1):
            yield from _scalars(value, f"{path}[{_name(value) or index}]")
    else:
        yield path, str(content)


def _name(value: Any) -> str | None:
    """What an entry of a list is called, so that removing one does not seem to change those behind it."""
    if isinstance(value, dict):
        return next((str(value[key]) for key in NAMING_KEYS if key in value), None)
    return value if isinstance(value, str) else None
