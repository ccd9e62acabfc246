"""What to do now, for each verdict, and what the words mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pilot.i18n import Language, Message, message
from pilot.publication import Release
from pilot.verdict import Word
from pilot.wording.method import Entry
from pilot.wording.names import word_name
from pilot.wording.voice import Voice

STEPS: Mapping[Word | None, tuple[Message, ...]] = MappingProxyType(
    {
        "scale": (
            message("Roll out in waves, not all at once: the comparison teams first, then unit by unit."),
            message("Draw by lot which units come next. Each wave is then a pilot again, and costs nothing more."),
            message("Give managers the hours before the practice starts; what it takes stands on the first page."),
            message("Keep asking: the same questions, half a year and a year after each start."),
            message("Agree today at which result the rollout would be halted, and who says so."),
        ),
        "adjust": (
            message("Extend in the same teams by one cycle; do not add others yet."),
            message("Change the one thing that stood in the way, and nothing else, so that it shows what helped."),
            message("Record the change with `pilot deviate`, so that it stands on the first page."),
            message("Keep the comparison teams waiting for that cycle, and tell them why and until when."),
        ),
        "stop": (
            message("Tell everybody who took part, before anybody else hears of it: what was tried, what came out."),
            message("Thank them. An honest “no” saves all the other units this effort."),
            message("End it in order: goals already agreed stand until their date, records are kept as promised."),
            message("Ask the teams what they would keep of their own will; nothing has to be forbidden."),
            message("Do not try the same again elsewhere in the hope of a better result."),
        ),
        "inconclusive": (
            message("Do not read it as “it does not work”: the pilot was not able to tell."),
            message("Do not scale it either; the case for it is as open as before."),
            message("Weigh what a conclusive pilot would take (below) against what the answer is worth."),
            message("Tell people that the question is still open, and what happens to their way of working meanwhile."),
        ),
        None: (
            message("Decide nothing yet, and announce nothing: early results are the ones most often taken back."),
            message("Keep both arms as they are until the last planned wave is in."),
            message("Remind people of the next survey; every answer counts for how sure the verdict will be."),
        ),
    }
)


def next_heading(word: Word | None) -> Message:
    """The finding of the page: what is to be done."""
    headings: Mapping[Word | None, Message] = {
        "scale": message("Now roll it out in waves, and keep looking."),
        "adjust": message("Now put one thing right and run one more cycle."),
        "stop": message("Now end it with respect."),
        "inconclusive": message("Now decide whether the answer is worth a larger pilot."),
        None: message("Now wait for the waves that are still to come."),
    }
    return headings[word]


def next_steps(release: Release, language: Language) -> tuple[str, ...]:
    """What to do after this release."""
    voice = Voice(language)
    return tuple(map(voice.say, STEPS[release.verdict.word]))


def other_steps(release: Release, language: Language) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What would be done after the other verdicts, each under its word."""
    voice = Voice(language)
    return tuple(
        (voice.say(word_name(word)), tuple(map(voice.say, steps)))
        for word, steps in STEPS.items()
        if word is not None and word != release.verdict.word
    )


def change_heading(word: Word | None) -> Message:
    """Over the list of turning points."""
    if word == "inconclusive":
        return message("What would make it conclusive")
    return message("All that would change it")


def glossary(language: Language) -> tuple[Entry, ...]:
    """The words of these pages."""
    voice = Voice(language)
    words: tuple[tuple[Message, Message], ...] = (
        (
            message("Pilot and comparison"),
            message("Teams that tried the practice, and teams that did not, or not yet."),
        ),
        (
            message("Points"),
            message("Steps of the scale that people answered on; not percent."),
        ),
        (
            message("Interval"),
            message("All values that fit the answers. The shorter it is, the more is known."),
        ),
        (
            message("Smallest effect worth scaling"),
            message("What was agreed before the first answer: less than this is not worth the effort."),
        ),
        (
            message("Lasting effect"),
            message("What is still there at the follow-ups, when the practice is no longer new."),
        ),
        (
            message("Evidence grade"),
            message("A: the lot decided who starts. B: another unit is the comparison. D: nobody is compared."),
        ),
        (
            message("Linked people"),
            message("The same people before and after, told by a code and not by a name."),
        ),
        (
            message("Hatched"),
            message("Not shown, because somebody could be recognised by it; the reason stands beside it."),
        ),
        (
            message("Departure from the sealed plan"),
            message("A change after the plan was sealed. It is allowed, and it stands on the first page."),
        ),
        (
            message("Rehearsal"),
            message("The whole pilot played through thousands of times on a computer, before the launch."),
        ),
    )
    return tuple(Entry(voice.say(word), voice.say(meaning)) for word, meaning in words)
