"""One colour for each distinct answer of a run, the same in every view."""

from __future__ import annotations

from engine.trace.fold import RunState


def answer_order(state: RunState) -> dict[str, int]:
    """Each distinct vote and its place by order of arrival, which is the index for `theme.answer_colour`.

    It depends on the state alone, so that a live run, its replay and every widget agree.
    """
    arrived = sorted(
        (candidate for candidate in state.candidates.values() if candidate.finished_at is not None),
        key=lambda candidate: (candidate.finished_at, candidate.id),
    )
    order: dict[str, int] = {}
    for candidate in arrived:
        if candidate.vote is not None:
            order.setdefault(candidate.vote, len(order))
    return order
