"""What a run looks like without a display of its own: as lines of JSON, or as plain lines for a pipe or a log."""

from __future__ import annotations

import sys
import textwrap
from typing import Protocol

import msgspec

from app.move_words import move_words
from engine.events import (
    AnswerPicked,
    BudgetSpent,
    CandidateFinished,
    CandidateScored,
    CandidatesSpared,
    CandidateStarted,
    Event,
    NoticeGiven,
    PersonActed,
    PromptRendered,
    RunStarted,
    StrategyMoved,
)
from engine.plain_text import printable
from engine.setup import BUDGET_UNITS
from engine.trace.codec import to_json_line
from engine.trace.fold import RunState
from engine.trace.summary import summary

TEXT_WIDTH = 100
PASSED = {True: "passes", False: "fails", None: "not known"}


class Screen(Protocol):
    """Somewhere a run is shown."""

    def say(self, text: str) -> None:
        """Something about the way to the run: loading, waiting, stopping."""

    def take(self, event: Event, state: RunState) -> None:
        """An event, after `state` has taken it into account."""

    def refresh(self, state: RunState) -> None:
        """Called about twelve times a second."""

    def finish(self, state: RunState) -> None:
        """The run is over: the last picture and the summary."""


class JsonScreen:
    """One event per line as it comes, then the summary. Nothing else goes to stdout."""

    def say(self, text: str) -> None:
        """Goes to stderr, so that stdout stays JSON; only for a person who looks."""
        if sys.stderr.isatty():
            print(text, file=sys.stderr)

    def take(self, event: Event, state: RunState) -> None:
        """Prints the event."""
        sys.stdout.write(to_json_line(event).decode())

    def refresh(self, state: RunState) -> None:
        """Lets a reader at the other end of a pipe see what there is."""
        sys.stdout.flush()

    def finish(self, state: RunState) -> None:
        """Prints the summary."""
        sys.stdout.write(msgspec.json.encode(summary(state)).decode() + "\n")
        sys.stdout.flush()


class PlainScreen:
    """A line for everything that a person would want in a log."""

    def say(self, text: str) -> None:
        """Prints the text."""
        print(text, flush=True)

    def take(self, event: Event, state: RunState) -> None:
        """Prints a line for what matters; tokens are not printed one by one."""
        text = self._describe(event, state)
        if text:
            print(f"{event.t:7.2f} s  {printable(text)}", flush=True)

    def refresh(self, state: RunState) -> None:
        """Nothing: lines are printed as they come."""

    def finish(self, state: RunState) -> None:
        """Prints the summary in words; a run that never began has none."""
        for line in (*picked_text(state), *summary_lines(state)):
            print(line)
        sys.stdout.flush()

    def _describe(self, event: Event, state: RunState) -> str | None:
        match event:
            case RunStarted():
                return f"{describe_run(event)}"
            case PromptRendered():
                return f"prompt {event.prompt + 1}: {event.tokens} tokens ({event.template})"
            case CandidateStarted():
                kept = f", {event.cached_tokens} of its prompt shared" if event.cached_tokens else ""
                return f"candidate {event.candidate + 1} starts{kept}"
            case CandidateFinished():
                answer = shown_answer(event.answer, event.correct)
                end = "stopped: the model was unsure" if event.finish_reason == "doubt" else event.finish_reason
                return f"candidate {event.candidate + 1} ends ({end}, {event.completion_tokens} tokens): {answer}"
            case CandidateScored():
                value = "cannot tell" if event.value is None else f"{event.value:.2f}"
                parts = "".join(f" [{part.name}: {PASSED[part.passed]}]" for part in event.parts)
                return f"candidate {event.candidate + 1} {event.verifier}: {value}, {event.detail}{parts}"
            case AnswerPicked():
                return f"answer {shown_answer(event.answer, event.correct)}: {event.reason}"
            case CandidatesSpared():
                return f"the answer stands: {spared_words(event)}"
            case StrategyMoved():
                return move_words(event.move)
            case PersonActed():
                return f"by hand: {type(event.act).__name__}{f' ({event.refused})' if event.refused else ''}"
            case BudgetSpent():
                return f"the budget of {event.limit:,.10g} {BUDGET_UNITS[event.unit]} is spent"
            case NoticeGiven():
                return f"note: {event.text}"
            case _:
                return None


def describe_run(start: RunStarted) -> str:
    """Model, device and strategy in one line; a simulated run says that it is one."""
    model = start.model
    facts = (
        f"{model.name} {model.quantization}",
        model.device,
        f"{model.layers_on_gpu}/{model.layers_total} layers on GPU",
        f"{model.n_threads} threads",
    )
    parts = [
        *((model.name,) if model.architecture == "simulated" else facts),
        start.setup.strategy.name,
        f"seed {start.setup.seed}",
    ]
    if model.safe_mode:
        parts.append("safe mode")
    if start.backend == "simulated":
        parts.insert(0, "SIMULATED")
    return printable(" · ".join(parts))


def shown_answer(answer: str | None, correct: bool | None) -> str:
    """An answer with a sign for right or wrong where that is known."""
    sign = {True: " (right)", False: " (wrong)", None: ""}[correct]
    return f"{answer}{sign}" if answer is not None else "no answer"


def summary_lines(state: RunState) -> list[str]:
    """The end of a run in words; what is not known is left out."""
    if state.start is None:
        return []
    ledger, lines = state.ledger, [""]
    answer = state.answer
    lines.append(f"Answer  {shown_answer(answer.answer, answer.correct) if answer else 'none'}")
    if answer and answer.reason:
        lines.append(f"        {answer.reason}")
    judged = f" + {ledger.verifier_tokens:,} for verifiers" if ledger.verifier_tokens else ""
    lines.append(
        f"Tokens  {ledger.completion_tokens:,} written{judged}, {ledger.prompt_tokens:,} of prompts computed,"
        f" {ledger.cached_tokens:,} shared"
    )
    lines.append(f"Time    {state.t:.2f} s{_rate(state)}{_first_token(state)}")
    if state.spared is not None:
        lines.append(f"Saved   {spared_words(state.spared)}")
    lines += _cost(state)
    if state.finish is None and state.failure is None:
        lines.append("Note    the run did not come to its end")
    return [printable(line) for line in lines]


def picked_text(state: RunState) -> list[str]:
    """What the candidate wrote whose answer it is, in lines, the blank ones left out."""
    answer = state.answer
    picked = state.candidates.get(answer.candidate) if answer and answer.candidate is not None else None
    lines = printable(state.whole_text(picked.id)).strip().splitlines() if picked is not None else []
    parts = [part for line in lines for part in textwrap.wrap(line, TEXT_WIDTH)]
    return [f"Text    {part}" if i == 0 else f"        {part}" for i, part in enumerate(parts)]


def spared_words(spared: CandidatesSpared) -> str:
    """What was not needed, and the tokens that it would have taken."""
    parts = [
        f"{count} {word}"
        for count, word in (
            (spared.unasked, "never asked"),
            (spared.stopped, "stopped"),
            (spared.doubted, "stopped as the model was unsure"),
        )
        if count
    ]
    return f"about {spared.tokens:,} tokens (estimate), candidates {' and '.join(parts)}"


def _rate(state: RunState) -> str:
    tokens = state.ledger.completion_tokens
    return f", {tokens / state.t:,.0f} tokens/s" if tokens and state.t > 0 else ""


def _first_token(state: RunState) -> str:
    first = state.ledger.first_token_at
    return f", first token after {first:.2f} s" if first is not None else ""


def _cost(state: RunState) -> list[str]:
    ledger = state.ledger
    if ledger.energy_joules is None or ledger.cost is None:
        return []
    kind = "estimate" if ledger.energy_source == "estimate" else f"measured, {ledger.energy_source}"
    return [f"Cost    {ledger.energy_joules:,.0f} J, {ledger.cost:.6f} {ledger.tariff.currency} ({kind})"]
