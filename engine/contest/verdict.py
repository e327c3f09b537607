"""What can be said of a contest in a sentence or two, and no more than that."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contest.contestant import LETTERS
from engine.contest.entry import Entry


def verdict(entries: Sequence[Entry]) -> str:
    """Who is right, and who of those used the fewest tokens; empty before all have run, and for several questions."""
    over = [(LETTERS[i], entry) for i, entry in enumerate(entries) if entry.status == "ended"]
    if (
        len(over) < 2
        or len(questions_of(entries)) > 1
        or any(entry.status in ("waiting", "loading", "running") for entry in entries)
    ):
        return ""
    judged = [(letter, entry, entry.course.picked.correct) for letter, entry in over if entry.course.picked]
    right = [(letter, entry) for letter, entry, correct in judged if correct]
    wrong = [letter for letter, _, correct in judged if correct is False]
    if not right and not wrong:
        return _without_known_answer(over)
    if not right:
        return "None of them is right. On one question that says little: other seeds may say otherwise."
    letter, best = min(right, key=lambda pair: pair[1].course.cost.tokens)
    cost = best.course.cost
    words = f"{letter} is right with {cost.tokens:,} tokens in {cost.seconds:.1f} s"
    others = [f"{other} with {entry.course.cost.tokens:,}" for other, entry in right if other != letter]
    words += f"; so is {_joined(others)}" if len(others) == 1 else f"; so are {_joined(others)}" if others else ""
    words += f"; {_joined(wrong)} {'is' if len(wrong) == 1 else 'are'} wrong" if wrong else ""
    return f"{words}. One question is one sample."


def questions_of(entries: Sequence[Entry]) -> set[str]:
    """The questions that runs have answered: several only when older runs are compared."""
    starts = [entry.state.start for entry in entries]
    return {start.setup.problem.question for start in starts if start is not None}


def differences(entries: Sequence[Entry]) -> str:
    """What older runs that are compared do not share, although a race would; empty when they share it all."""
    starts = [entry.state.start for entry in entries if entry.recorded]
    setups = [start.setup for start in starts if start is not None]
    found = [
        words
        for words, values in (
            ("questions", questions_of(entries)),
            ("budgets", {repr(setup.budget) for setup in setups}),
            ("seeds", {setup.seed for setup in setups}),
        )
        if len(values) > 1
    ]
    return f"Not an equal race: {_joined(found)} differ." if found else ""


def _without_known_answer(over: Sequence[tuple[str, Entry]]) -> str:
    answers = {(entry.course.picked.answer or "").strip() for _, entry in over if entry.course.picked is not None}
    if len(answers) == 1 and "" not in answers:
        return f"All say {answers.pop()}. Whether that is right is not known."
    return "They say different things. Which is right is not known: give the answer in the set-up." if answers else ""


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
