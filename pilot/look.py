"""Colours and type, in one place, for figures, report and dashboard."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)

FONT_STACK = '"Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'


@dataclass(frozen=True)
class Palette:
    """One value for every role a colour can have.

    Attributes:
        pilot: The pilot arm.
        comparison: The comparison arm.
        worthwhile: The smallest worthwhile effect.
        good: Speaks for the practice.
        harm: Speaks against it.
        uncertain: Cannot be told.
        ink: Text.
        quiet: Text of second rank; still 4.5 : 1 on paper.
        paper: Background.
        hairline: Rules and grids.
    """

    pilot: str
    comparison: str
    worthwhile: str
    good: str
    harm: str
    uncertain: str
    ink: str
    quiet: str
    paper: str
    hairline: str

    @property
    def css(self) -> str:
        """The roles as custom properties of CSS."""
        return "".join(f"--{role}:{colour};" for role, colour in asdict(self).items())

    def veil(self, role: Literal["pilot", "comparison"], opacity: float) -> str:
        """A role's colour, see-through."""
        red, green, blue = (int(getattr(self, role)[start : start + 2], 16) for start in (1, 3, 5))
        return f"rgba({red},{green},{blue},{opacity})"


LIGHT = Palette(
    pilot="#0072B2",
    comparison="#767676",
    worthwhile="#B37400",
    good="#007F5F",
    harm="#C44E00",
    uncertain="#8C6BB1",
    ink="#1F2933",
    quiet="#52606D",
    paper="#FFFFFF",
    hairline="#D9DEE4",
)
DARK = Palette(
    pilot="#56B4E9",
    comparison="#A8AEB4",
    worthwhile="#E3A63B",
    good="#45C09A",
    harm="#FF9354",
    uncertain="#BDA0E0",
    ink="#E8ECF0",
    quiet="#AAB4BE",
    paper="#14191F",
    hairline="#3B4650",
)


def palette(mode: Mode) -> Palette:
    """The colours of a mode."""
    return DARK if mode == "dark" else LIGHT
