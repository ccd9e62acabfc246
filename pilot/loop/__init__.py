"""How the loop was run, from the tables of practice: goals, conversations, feedback, development plans, time.

- `indicators`: one number for each mechanism, by arm, before the launch and since
"""

from pilot.loop.indicators import HOURS, INDICATORS, Indicator, IndicatorCode, Period, loop_indicators

__all__ = ["HOURS", "INDICATORS", "Indicator", "IndicatorCode", "Period", "loop_indicators"]
