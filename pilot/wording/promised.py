"""What the rehearsal promised before the launch, in frequencies of 100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.publication.promise import Outlook, OutlookCode, ShownPromise
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice


def outlook_name(code: OutlookCode) -> Message:
    """Which effect an outlook is about."""
    names: Mapping[OutlookCode, Message] = {
        "nothing": message("Nothing works"),
        "sesoi": message("The smallest effect worth scaling"),
        "literature": message("The mean effect in the literature"),
        "large": message("A large effect"),
    }
    return names[code]


def of_100(share: float) -> Message:
    """A share, 0 to 1, as a whole frequency of 100; never none and never all."""
    n = round(100 * share)
    if n < 1:
        return message("fewer than 1")
    if n > 99:
        return message("more than 99")
    return message("about {n}", n=n)


def outlook(promise: ShownPromise, code: OutlookCode) -> Outlook:
    """One of the outlooks; a promise has all of them."""
    return next(each for each in promise.outlooks if each.code == code)


def promise_line(promise: ShownPromise, voice: Voice) -> str:
    """The verdict's own error rate in one line, for page one."""
    line = message(
        "Of 100 pilots like this one in which nothing works, {scale} would say “scale”.",
        scale=of_100(outlook(promise, "nothing").scale),
    )
    return voice.join(voice.say(line), *_earlier_plan(promise, voice))


def promised_sentences(release: Release, language: Language) -> tuple[str, ...]:
    """How often such a pilot is wrong, how often it finds what is there, and where it is fooled most easily."""
    voice, promise = Voice(language), release.promise
    if promise is None:
        sentence = message(
            "This plan was not rehearsed, so nobody knows how often such a pilot is wrong. `pilot rehearse` tells "
            "before the launch."
        )
        return (voice.say(sentence),)
    return (*map(voice.say, _sentences(promise, voice)), *_earlier_plan(promise, voice))


def _sentences(promise: ShownPromise, voice: Voice) -> Iterator[Message]:
    nothing, sesoi = outlook(promise, "nothing"), outlook(promise, "sesoi")
    yield message(
        "If nothing works: of 100 such pilots {scale} would say “scale”, {stop} “stop”, and {inconclusive} could not "
        "tell.",
        scale=of_100(nothing.scale),
        stop=of_100(nothing.stop),
        inconclusive=of_100(nothing.inconclusive),
    )
    yield message(
        "If it lifts by {points} points, the smallest effect worth scaling: {scale} would say “scale”, {stop} “stop”.",
        points=voice.size(sesoi.points),
        scale=of_100(sesoi.scale),
        stop=of_100(sesoi.stop),
    )
    if promise.worst_null is not None and promise.worst_false_scale is not None:
        yield message(
            "Most easily fooled by “{title}”: {scale} of 100 would say “scale” although nothing works, or nothing "
            "lasts.",
            title=voice.name(promise.worst_null),
            scale=of_100(promise.worst_false_scale),
        )
    yield _reach(promise, voice)
    yield message("From {n} simulated pilots with this plan.", n=voice.count(promise.n_pilots))


def _reach(promise: ShownPromise, voice: Voice) -> Message:
    if promise.verdict_mde is None:
        return message("Even of the largest effect that was tried fewer than 80 of 100 such pilots would say “scale”.")
    return message(
        "From about {points} points on, 80 of 100 such pilots would say “scale”.",
        points=voice.size(promise.verdict_mde),
    )


def _earlier_plan(promise: ShownPromise, voice: Voice) -> tuple[str, ...]:
    warnings = []
    if not promise.of_plan_in_force:
        warnings.append(message("That was rehearsed with another wording of the plan than the one in force."))
    if not promise.before_launch:
        warnings.append(message("It was rehearsed only after the launch."))
    return tuple(map(voice.say, warnings))


def promised_table(release: Release, language: Language) -> pd.DataFrame:
    """Of 100 such pilots so many say each word, by what the practice does; empty without a rehearsal."""
    voice = Voice(language)
    columns = [
        message("Of 100 pilots in which"),
        message("True effect"),
        message("say scale"),
        message("say adjust"),
        message("say stop"),
        message("cannot tell"),
    ]
    outlooks = release.promise.outlooks if release.promise else ()
    return labelled_table(columns, [_row(each, voice) for each in outlooks], voice)


def _row(each: Outlook, voice: Voice) -> list[str]:
    shares = (each.scale, each.adjust, each.stop, each.inconclusive)
    return [
        voice.say(outlook_name(each.code)),
        voice.effect(each.points),
        *(voice.amount(round(100 * share, 1)) for share in shares),
    ]
