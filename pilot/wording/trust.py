"""Can the verdict be trusted: what limits it, and how wrong the estimate could be."""

from __future__ import annotations

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.publication.release import ShownBias
from pilot.wording.biases import bias_label
from pilot.wording.names import withheld_reason
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice


def ledger_sentence(release: Release, language: Language) -> str:
    """The finding: which of the possible lies that can be shown is large enough to overturn the verdict."""
    voice = Voice(language)
    measured = [bias for bias in release.biases if bias.looks_like is not None and bias.overturns_at is not None]
    if not release.biases:
        return voice.say(message("How wrong the estimate could be is not in this release."))
    if not measured:
        return voice.say(_nothing_to_overturn(release))
    names = [bias_label(bias, voice) for bias in measured if overturns(bias)]
    if not names:
        return voice.say(
            message("None of the possible errors that can be shown here looks large enough to turn the verdict.")
        )
    quoted: list[Message] = [message("“{name}”", name=name) for name in names]
    return voice.say(message("Large enough to turn the verdict: {names}.", names=quoted))


def _nothing_to_overturn(release: Release) -> Message:
    if release.verdict.word in (None, "inconclusive"):
        return message("There is no verdict yet that an error could turn; how large the errors look is shown.")
    return message("Which error could turn the verdict cannot be shown here without saying something of a few people.")


def overturns(bias: ShownBias) -> bool:
    """Whether a row looks as large as it would have to be; both lie on the same side of zero."""
    looks, needed = bias.looks_like, bias.overturns_at
    if looks is None or needed is None:
        return False
    return looks >= needed if needed >= 0 else looks <= needed


def ledger_table(release: Release, language: Language) -> pd.DataFrame:
    """Each possible lie, as far as it can be shown."""
    voice = Voice(language)
    columns = [
        message("How could we be wrong? (points)"),
        message("Looks like"),
        message("Would have to be to overturn"),
    ]
    return labelled_table(columns, [_row(bias, voice) for bias in release.biases], voice)


def _row(bias: ShownBias, voice: Voice) -> list[str]:
    if bias.withheld:
        return [bias_label(bias, voice), *[voice.say(withheld_reason(bias.withheld))] * 2]
    numbers = (bias.looks_like, bias.overturns_at)
    return [bias_label(bias, voice), *("–" if value is None else voice.effect(value) for value in numbers)]
