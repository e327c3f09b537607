"""What verifiers found wrong with a text, in sentences for the model that is to revise it."""

from __future__ import annotations

from collections.abc import Collection

from engine.strategies.base import Result

_KNOWS_TOO_MUCH = frozenset({"known-answer", "math-equivalence"})  # what these find gives the answer away


def findings_of(result: Result, verifiers: Collection[str]) -> tuple[str, ...]:
    """The details of scores below 1, of these verifiers, as sentences."""
    return tuple(
        _sentence(score.detail)
        for name, score in result.scores.items()
        if name in verifiers and name not in _KNOWS_TOO_MUCH and score.value is not None and score.value < 1
    )


def why_none(result: Result, verifiers: Collection[str]) -> str:
    """Why there is nothing to revise a text by, where these verifiers' findings are none."""
    if not verifiers:
        return "There is no verifier to find anything."
    values = {name: score.value for name, score in result.scores.items() if name in verifiers}
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return "No verifier could tell whether anything is wrong."
    if any(value < 1 for value in known.values()):
        return "It was found to be wrong, but to say what is wrong would give the answer away."
    return "The verifiers found nothing wrong."


def _sentence(detail: str) -> str:
    text = detail.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
