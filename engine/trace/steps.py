"""Where a replay stops when it goes step by step: at tokens, at thoughts."""

from __future__ import annotations

from collections.abc import Sequence

from engine.events import CandidateFinished, Event, PhaseEntered, StrategyMoved, TokensDecoded

SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
CLOSERS = "\"')]*”’»"


class PhaseStops:
    """The places where a run goes over to another kind of work: its phases, and the moves of its strategy.

    Moves between two decode steps are one stop, as a live run makes them in one step, too.

    Attributes:
        places: Indices of events, in order; the last one may still move on.
    """

    def __init__(self) -> None:
        self.places: list[int] = []
        self._in_moves = False

    def take(self, first: int, events: Sequence[Event]) -> None:
        """Takes the events from the `first`th on."""
        for place, event in enumerate(events, first):
            kind = type(event)
            if kind is TokensDecoded:
                self._in_moves = False
            elif kind is StrategyMoved:
                if self._in_moves:
                    self.places.pop()
                self.places.append(place)
                self._in_moves = True
            elif kind is PhaseEntered:
                self.places.append(place)
                self._in_moves = False


def token_stops(events: Sequence[Event]) -> list[int]:
    """The places of the decode steps that gave tokens, as indices into `events`."""
    return [i for i, event in enumerate(events) if isinstance(event, TokensDecoded) and event.tokens]


def thought_stops(events: Sequence[Event]) -> list[int]:
    """The places where a candidate ends a line or a sentence, or ends.

    A sentence has ended when the candidate's next token begins with white space: "3." goes on in "3.5". A candidate
    whose earlier tokens are not among `events` is taken to be within a sentence.
    """
    newest: dict[int, str] = {}
    stops = []
    for i, event in enumerate(events):
        if isinstance(event, TokensDecoded):
            # Every token has to be looked at, so no any() that stops at the first one.
            if sum(_ends_thought(newest, token.candidate, token.text) for token in event.tokens):
                stops.append(i)
        elif isinstance(event, CandidateFinished):
            stops.append(i)
    return stops


def _ends_thought(newest: dict[int, str], candidate: int, text: str) -> bool:
    before = newest.get(candidate, "")
    if text:
        newest[candidate] = text if text.strip(CLOSERS) else before + text
    if "\n" in text:
        # A blank line ends one thought, not two.
        return "\n" not in before
    return text[:1].isspace() and "\n" not in before and before.rstrip(CLOSERS).endswith(SENTENCE_ENDS)
