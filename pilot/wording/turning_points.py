"""A reviewed sentence for everything that would change a verdict; with the findings, all sentences by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilot.i18n import Message, message
from pilot.publication import Release
from pilot.result import Finding
from pilot.wording.findings import FINDINGS, Sayer, Values, guardrail_name, plain, wave_names
from pilot.wording.voice import Voice


def _bias_would_overturn(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "If the estimate were wrong by {points} points, the verdict would be another.",
        points=voice.size(values["points"]),
    )


def _more_teams(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "With about {needed} teams instead of {now}, a worthwhile effect would be ruled out in 80 of 100 such "
        "pilots in which nothing works.",
        needed=voice.count(values["teams_needed"]),
        now=voice.count(values["teams_now"]),
    )


def _add_waves(values: Values, _release: Release, voice: Voice) -> Message:
    return message(
        "Ask more often: at least {baselines} baselines before the launch and {later} waves after it.",
        baselines=voice.count(values["baselines"]),
        later=voice.count(values["later"]),
    )


def _measure_guardrail(values: Values, release: Release, voice: Voice) -> Message:
    name = guardrail_name(release, values["measure"], voice)
    return message("Measure “{name}” in every team; without it nobody knows the price.", name=name)


def _prove_guardrail(values: Values, release: Release, voice: Voice) -> Message:
    name = guardrail_name(release, values["measure"], voice)
    return message("Proof that “{name}” stays within its limit: measure it in more teams or more often.", name=name)


def _relieve_guardrail(values: Values, release: Release, voice: Voice) -> Message:
    name = guardrail_name(release, values["measure"], voice)
    return message("Bring “{name}” back within its limit, then extend by one cycle.", name=name)


def _raise_fidelity(_values: Values, release: Release, voice: Voice) -> Message:
    floor = release.fidelity.floor_pct
    if floor is None:
        return message("Run the practice as designed, then extend by one cycle.")
    return message(
        "Run at least {floor} of the practice as designed, then extend by one cycle.",
        floor=voice.percent(floor),
    )


def _wait_for_waves(values: Values, _release: Release, _voice: Voice) -> Message:
    return message(
        "The verdict is given when these are in: {waves}. A wave that will not be held is taken out of the plan, as a "
        "recorded deviation.",
        waves=wave_names(values["waves"]),
    )


TURNING_POINTS: Mapping[str, Sayer] = MappingProxyType(
    {
        "bias_would_overturn": _bias_would_overturn,
        "distance_withheld": plain(
            message("How wrong the estimate would have to be is not shown: a few people could be recognised by it.")
        ),
        "more_teams": _more_teams,
        "add_follow_up": plain(
            message("Ask again about three months after the end; that shows whether the effect lasts.")
        ),
        "randomise_teams": plain(
            message("Next time, draw by lot which teams start first; then the comparison can be trusted.")
        ),
        "add_waves": _add_waves,
        "two_teams_in_each_arm": plain(
            message("Get answers before and after the launch from at least two teams of each arm, better from all.")
        ),
        "close_to_sesoi": plain(
            message("The effect lies close to what is worthwhile; only a larger pilot could tell on which side.")
        ),
        "measure_guardrail": _measure_guardrail,
        "measure_fidelity": plain(message("Measure in every pilot team how far the practice is really run.")),
        "raise_fidelity": _raise_fidelity,
        "prove_guardrail": _prove_guardrail,
        "relieve_guardrail": _relieve_guardrail,
        "wait_for_waves": _wait_for_waves,
        "reach_leavers": plain(message("Ask those who dropped out; their answers decide whether the effect is real.")),
        "link_answers": plain(
            message("Next time, give everybody a code of their own, so that the same people are compared.")
        ),
        "look_at_items": plain(
            message("Talk with people about the questions that moved and those that did not, then ask once more.")
        ),
        "test_lasting": plain(
            message("Hold the other teams back for another cycle and ask again; then it shows what lasts.")
        ),
    }
)

SENTENCES: Mapping[str, Sayer] = MappingProxyType({**FINDINGS, **TURNING_POINTS})


def finding_sentence(finding: Finding, release: Release, voice: Voice) -> str:
    """The sentence for a finding or a turning point.

    A code without a sentence (a release of a newer version) is named as such: the page stays up, and a test fails.
    """
    sayer = SENTENCES.get(finding.code)
    if sayer is None:
        return voice.say(message("This version has no words for a further finding ({code}).", code=finding.code))
    return voice.say(sayer(finding.values, release, voice))
