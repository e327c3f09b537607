"""What the table of a race says of one contestant at the moment that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.contest.course import Cost, Unit, cost_of
from engine.contest.entry import Entry
from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.theme import Theme
from widgets.track_picture import phase_colour
from widgets.translation import later, tr, tr_each

Part = tuple[str, float, str]  # its name, its amount, its colour


class Figure(NamedTuple):
    """A column of numbers: its title, a sentence of help, and how a run gives its text."""

    title: str
    help: str
    text: Callable[[RunState], str]

    @property
    def is_short(self) -> bool:
        """Whether its title needs little room."""
        return len(tr(self.title)) < 7


def cost_now(entry: Entry) -> Cost:
    """What a run has used at the moment that is shown."""
    return cost_of(entry.state.ledger, entry.state.t)


def parts_of(state: RunState, unit: Unit, theme: Theme) -> list[Part]:
    """What a cost is made of: tokens by kind, seconds by what was done in them, energy as a whole."""
    ledger = state.ledger
    if unit == "tokens":
        return [
            (tr("prompts"), ledger.prompt_tokens + ledger.recomputed_tokens, phase_colour(theme, "prompt")),
            (tr("candidates"), ledger.completion_tokens, phase_colour(theme, "generate")),
            (tr("judges"), ledger.verifier_tokens + ledger.verifier_prompt_tokens, phase_colour(theme, "verify")),
        ]
    if unit == "seconds":
        spans = [(span.phase, span.start, state.t if span.end is None else span.end) for span in state.phases]
        first = spans[0][1] if spans else state.t
        parts = [(tr("prompt"), first, phase_colour(theme, "prompt"))] if first else []
        return parts + [(tr(phase), end - start, phase_colour(theme, phase)) for phase, start, end in spans]
    return [(tr("energy"), ledger.energy_joules or 0.0, theme.accent)]


def legend(unit: Unit, theme: Theme) -> list[tuple[str, str]]:
    """What the colours of a bar mean: a word and a colour each."""
    phases = ("prompt", "generate", "verify")
    tokens = (tr("prompts"), tr("candidates"), tr("judges"))
    words = {"tokens": tokens, "seconds": tr_each(phases), "joules": ()}
    return [(word, phase_colour(theme, phase)) for word, phase in zip(words[unit], phases, strict=False)]


def is_reached(entry: Entry, unit: Unit) -> float | None:
    """Where on the axis the final answer was first picked, if that has happened by the moment that is shown."""
    first = entry.course.first_picked
    if first is None or first.seconds > entry.state.t or entry.state.answer is None:
        return None
    return first.of(unit)


def verdict_sign(state: RunState) -> str:
    """“✓ right”, “✗ wrong”, or nothing where it is not known."""
    correct = is_right(state)
    return "" if correct is None else tr("✓ right") if correct else tr("✗ wrong")


def is_right(state: RunState) -> bool | None:
    """Whether the answer of the moment is right; None when there is none, or when that is not known."""
    return state.answer.correct if state.answer is not None and state.answer.answer is not None else None


def answer_text(state: RunState) -> str:
    """The answer of the moment in one line."""
    if state.answer is None or state.answer.answer is None:
        return numbers.UNKNOWN
    return " ".join(state.answer.answer.split())


def _rate(state: RunState) -> str:
    tokens = state.ledger.completion_tokens
    return f"{tokens / state.t:,.0f}" if tokens and state.t > 0 else numbers.UNKNOWN


def _joules(state: RunState) -> str:
    joules = state.ledger.energy_joules
    return numbers.UNKNOWN if joules is None else f"{joules:,.1f}" if joules < 100 else f"{joules:,.0f}"


def _count(get: Callable[[RunState], int]) -> Callable[[RunState], str]:
    return lambda state: numbers.count(get(state)) if state.events else numbers.UNKNOWN


FIGURES: tuple[Figure, ...] = (
    Figure(later("Tokens"), later("All tokens that a model was run for: prompts, candidates, judges."),
           _count(lambda s: s.ledger.computed_tokens)),
    Figure(later("Prompt"), later("Prompt tokens that were read; what candidates share is read once."),
           _count(lambda s: s.ledger.prompt_tokens + s.ledger.recomputed_tokens)),
    Figure(later("Judges"), later("Tokens of verifiers that ask a model, their prompts included."),
           _count(lambda s: s.ledger.verifier_tokens + s.ledger.verifier_prompt_tokens)),
    Figure(later("Seconds"), later("Time on the run's own clock; pauses do not count."),
           lambda s: (f"{s.t:.2f}" if s.t < 10 else f"{s.t:,.1f}") if s.events else numbers.UNKNOWN),
    Figure(later("Tokens/s"), later("Tokens of candidates a second, over the run so far."), _rate),
    Figure(later("Joules"),
           later("Energy, from a counter where there is one; otherwise watts × seconds, an estimate."), _joules),
    Figure(later("Texts"), later("Candidates that were begun; in a search, thoughts."),
           _count(lambda s: sum(c.started_at is not None or c.token_count > 0 for c in s.candidates.values()))),
)  # fmt: skip
