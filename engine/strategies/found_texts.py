"""How a search chooses its answer from the texts that it has written, without looking at all of them each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.strategies.base import Answer
from engine.strategies.ranking import Key, Ranking
from engine.strategies.texts import BILLION, Text

ALL_PRUNED = Answer(None, None, "All that was written is pruned.")
_ANSWERED, _ENDED, _OPEN = range(3)


@dataclass(slots=True, eq=False)
class _Poll:
    """The texts that give one answer: their worth in sum, how often they came, the best first, in order of arrival."""

    worth: int = 0
    copies: int = 0
    best: Ranking[int] = field(default_factory=Ranking)
    arrived: Ranking[int] = field(default_factory=Ranking)


class FoundTexts:
    """The texts of a search and the answer that they give.

    The answer is that of the best text that came to its end, or the one with the highest sum of values. A text that no
    verifier could judge counts as half right; between equals the model's own confidence decides, then who came first
    (rollouts after steps). Where no verifier could judge any of them, the answer is the one that most of them give.
    Without any finished text it is the one that is furthest, which gives no answer.

    A text that comes, changes or goes costs O(log n) for n texts, and so does the answer.
    """

    def __init__(self) -> None:
        self._texts: dict[int, Text] = {}
        self._places: dict[int, tuple[bool, int]] = {}
        self._ranking: Ranking[int] = Ranking()  # those with an answer first, then those that have ended
        self._polls: dict[str, _Poll] = {}
        self._votes: Ranking[str] = Ranking()
        self._answered = self._judged = self._copies = (
            0  # texts with an answer, those with a value, how often they came
        )

    def put(self, text: Text) -> None:
        """Takes a text, or what has become of it."""
        id = text.candidate.id
        self.drop(id)
        self._texts[id] = text
        place = self._places.setdefault(id, (text.candidate.purpose == "rollout", len(self._places)))
        vote = _vote_of(text)
        self._ranking.put(id, (*_merit(text, vote), *place))
        if vote is not None:
            self._answered += 1
            self._judged += text.value is not None
            self._copies += text.copies
            poll = self._polls.setdefault(vote, _Poll())
            poll.worth += text.worth
            poll.copies += text.copies
            poll.best.put(id, (*_falling(text), *place))
            poll.arrived.put(id, place)
            self._rank(vote)

    def drop(self, id: int) -> None:
        """Lets a text go, if it is there."""
        text = self._texts.pop(id, None)
        if text is None:
            return
        self._ranking.drop(id)
        vote = _vote_of(text)
        if vote is not None:
            self._answered -= 1
            self._judged -= text.value is not None
            self._copies -= text.copies
            poll = self._polls[vote]
            poll.worth -= text.worth
            poll.copies -= text.copies
            poll.best.drop(id)
            poll.arrived.drop(id)
            self._rank(vote)

    def answer(self, *, by_vote: bool) -> Answer:
        """The best text's answer, or the one with the highest sum of values; unjudged, the most frequent one."""
        if not self._texts:
            return ALL_PRUNED if self._places else Answer(None, None, "No step has been finished yet.")
        if self._answered > 1 and not self._judged:
            return self._by_frequency()
        if by_vote and self._answered:
            return self._by_vote()
        best = self._texts[self._ranking.first()[0]]
        if not self._answered:
            return _without_answer(best)
        one = "The only finished text" if self._answered == 1 else f"The best of {self._answered} different texts"
        return Answer(best.candidate.id, best.candidate.answer, f"{one}{_value_in_words(best)}.")

    def _rank(self, vote: str) -> None:
        poll = self._polls[vote]
        if poll.arrived:
            self._votes.put(vote, (-poll.worth, self._places[poll.arrived.first()[0]]))
        else:
            self._votes.drop(vote)

    def _by_vote(self) -> Answer:
        leaders = self._votes.first(2)
        poll, answer = self._polls[leaders[0]], self._written(leaders[0])
        reason = f"{len(poll.best)} of {self._answered} different texts say {answer}: values of {_sum(poll)} in sum"
        for other in leaders[1:]:
            reason += f", against {_sum(self._polls[other])} for {self._written(other)}"
        return Answer(poll.best.first()[0], answer, f"{reason}.")

    def _by_frequency(self) -> Answer:
        """Without any value each text has the same worth, once for each time that it was written."""
        leaders = self._votes.first(2)
        poll, answer = self._polls[leaders[0]], self._written(leaders[0])
        reason = (
            f"No verifier could judge any finished text: {poll.copies} of {self._copies} {_say(poll.copies)} {answer}"
        )
        for other in leaders[1:]:
            copies = self._polls[other].copies
            reason += f", {copies} {_say(copies)} {self._written(other)}"
        return Answer(poll.best.first()[0], answer, f"{reason}.")

    def _written(self, vote: str) -> str:
        """As the first text has it."""
        return self._texts[self._polls[vote].arrived.first()[0]].candidate.answer or vote


def choose_text(texts: Sequence[Text], *, by_vote: bool) -> Answer:
    """The answer that texts give, in order of arrival; see `FoundTexts`."""
    found = FoundTexts()
    for text in texts:
        found.put(text)
    return found.answer(by_vote=by_vote)


def _vote_of(text: Text) -> str | None:
    return text.candidate.vote if text.candidate.is_whole else None


def _falling(text: Text) -> Key:
    value, confidence = text.standing
    return -value, -confidence


def _merit(text: Text, vote: str | None) -> Key:
    """Texts with an answer are compared by their standing, the others by how far they have come first."""
    if vote is not None:
        return _ANSWERED, 0, *_falling(text)
    return _ENDED if text.candidate.is_whole else _OPEN, -text.depth, *_falling(text)


def _without_answer(best: Text) -> Answer:
    if best.candidate.is_whole:
        return Answer(best.candidate.id, None, "No text that came to its end gives an answer that can be recognised.")
    return Answer(best.candidate.id, None, "No text has come to an answer; this one is the furthest.")


def _say(count: int) -> str:
    return "says" if count == 1 else "say"


def _sum(poll: _Poll) -> str:
    return f"{poll.worth / BILLION:.2f}"


def _value_in_words(text: Text) -> str:
    return ", which no verifier could judge" if text.value is None else f": value {text.value:.2f}"
