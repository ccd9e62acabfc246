"""The tools that a form can be exported for; loads none of their libraries, so that help starts at once."""

from __future__ import annotations

from typing import Literal

Tool = Literal["wenjuanxing", "xlsform", "limesurvey", "qualtrics", "word", "markdown"]
