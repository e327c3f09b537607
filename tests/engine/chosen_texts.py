"""How a search should choose from its texts, by looking at all of them: what `FoundTexts` is held against."""

from __future__ import annotations

from collections.abc import Sequence

from engine.strategies.base import Answer
from engine.strategies.texts import Text


def answer_by_the_book(texts: Sequence[Text], *, by_vote: bool, pruned: bool) -> Answer:
    """The answer of texts in order of arrival, rollouts last; `pruned` says that there were others."""
    ended = [text for text in texts if text.candidate.is_whole]
    answered = [text for text in ended if text.candidate.vote is not None]
    if not texts:
        return Answer(None, None, "All that was written is pruned." if pruned else "No step has been finished yet.")
    if not answered:
        furthest = max(ended or texts, key=lambda text: (text.depth, *text.standing)).candidate
        if ended:
            reason = "No text that came to its end gives an answer that can be recognised."
        else:
            reason = "No text has come to an answer; this one is the furthest."
        return Answer(furthest.id, None, reason)
    if len(answered) > 1 and all(text.value is None for text in answered):
        return _majority(answered)
    if by_vote:
        return _vote(answered)
    best = max(answered, key=lambda text: text.standing)
    noun = "The only finished text" if len(answered) == 1 else f"The best of {len(answered)} different texts"
    value = ", which no verifier could judge" if best.value is None else f": value {best.value:.2f}"
    return Answer(best.candidate.id, best.candidate.answer, f"{noun}{value}.")


def _groups(answered: Sequence[Text]) -> list[list[Text]]:
    groups: dict[str, list[Text]] = {}
    for text in answered:
        groups.setdefault(str(text.candidate.vote), []).append(text)
    return sorted(groups.values(), key=lambda group: -_weight(group))


def _majority(answered: Sequence[Text]) -> Answer:
    ranked = _groups(answered)
    counts = [sum(text.copies for text in group) for group in ranked]
    assert counts == sorted(counts, reverse=True)
    answer = ranked[0][0].candidate.answer or ranked[0][0].candidate.vote
    reason = f"No verifier could judge any finished text: {counts[0]} of {sum(counts)}"
    reason += f" {'says' if counts[0] == 1 else 'say'} {answer}"
    if len(ranked) > 1:
        reason += f", {counts[1]} {'says' if counts[1] == 1 else 'say'} {ranked[1][0].candidate.answer}"
    best = max(ranked[0], key=lambda text: text.standing).candidate
    return Answer(best.id, answer, f"{reason}.")


def _vote(answered: Sequence[Text]) -> Answer:
    ranked = _groups(answered)
    top = ranked[0]
    answer = top[0].candidate.answer or top[0].candidate.vote
    reason = f"{len(top)} of {len(answered)} different texts say {answer}: values of {_weight(top):.2f} in sum"
    if len(ranked) > 1:
        reason += f", against {_weight(ranked[1]):.2f} for {ranked[1][0].candidate.answer}"
    best = max(top, key=lambda text: text.standing).candidate
    return Answer(best.id, answer, f"{reason}.")


def _weight(group: Sequence[Text]) -> float:
    """Added up in whole billionths, which have no last bit."""
    return sum(round(text.standing[0] * 1_000_000_000) * text.copies for text in group) / 1_000_000_000
