"""What a model judge is shown: a few judged cases as a conversation, then the question with the work to judge.

The cases are there for every model: an instruct model answers in the one word that is read, and a base model, which
has no template, learns that there is something to judge at all. All that candidates share comes first, so that it is
computed once; what is asked comes last, so that both ways of asking share the candidate's text too.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from engine.types import Message, Prompt
from engine.verifiers.ask import Ask


class Case(Struct, frozen=True):
    """A piece of work whose worth is known."""

    question: str
    work: str
    right: bool


class Brief(Struct, frozen=True):
    """What is judged: its name within a question, the heading it is shown under, and judged cases."""

    thing: str
    heading: str
    cases: tuple[Case, ...]


def judge_prompt(brief: Brief, asks: Sequence[Ask], ask: Ask, question: str, work: str) -> Prompt:
    """The conversation that ends with `ask` about `work`.

    Args:
        brief: What is judged.
        asks: All ways in which this judge asks. The cases show each of them with each answer, in turn.
        ask: The one for the work.
        question: What the work is to answer.
        work: The candidate's text, or the steps of it.
    """
    turns: list[Message] = []
    for i, case in enumerate(brief.cases):
        way = asks[(i + i // len(asks)) % len(asks)]
        turns.append(_asked(brief, way, case.question, case.work))
        turns.append(Message("assistant", way.word(right=case.right)))
    return Prompt((*turns, _asked(brief, ask, question, work)))


def _asked(brief: Brief, ask: Ask, question: str, work: str) -> Message:
    return Message("user", f"{question}\n\n{brief.heading}{work}\n\n{ask.text.format(brief.thing)}")
