"""The live picture in a terminal: it fits, it shows what matters, and no text can break it."""

from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from app.cli_live import LiveScreen, rate
from engine.events import CandidateFinished, CandidateScored, RunStarted
from engine.trace.fold import RunState, fold
from tests import sample_run


def picture(state: RunState, width: int = 100, height: int = 40, encoding: str = "utf-8") -> list[str]:
    """The lines drawn for a state, without colours."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    console = Console(file=stream, width=width, height=height, force_terminal=True, color_system=None)
    screen = LiveScreen(console)
    with console.capture() as capture:
        console.print(screen._picture(state))
    return capture.get().splitlines()


def drawn(state: RunState, **sizes: int) -> str:
    return "\n".join(picture(state, **sizes))


@pytest.mark.parametrize("n", [1, 3, 16, 64, 256])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
def test_the_picture_fits_the_terminal(n: int, width: int, height: int) -> None:
    events = sample_run.events(n)
    for part in (3, len(events) // 2, len(events)):
        lines = picture(fold(events[:part]), width, height)
        assert len(lines) <= height
        assert max(len(line) for line in lines) <= width


def test_the_pick_the_votes_and_the_scores_are_there() -> None:
    text = drawn(fold(sample_run.events(16)))
    assert "♛" in text
    assert "82 ✓" in text
    assert "votes" in text
    assert "SIMULATED" in text


def test_candidates_that_do_not_fit_are_counted_and_the_picked_one_is_shown() -> None:
    text = drawn(fold(sample_run.events(64)), height=24)
    assert "more" in text
    assert "♛" in text


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    state = fold(sample_run.events(4))
    text = "\n".join(picture(state, encoding="ascii"))
    assert "♛" not in text
    assert "━" not in text


def test_a_candidate_that_was_stopped_as_unsure_has_a_sign_of_its_own() -> None:
    events = [e for e in sample_run.events(2) if not (isinstance(e, CandidateFinished | CandidateScored))][:-3]
    state = fold([*events, CandidateFinished(9.0, 0, "doubt", "It is", None, None, 2, -0.1, None, 0)])
    signs = {line.split()[0]: line.split()[1] for line in picture(state) if line.strip()[:1] in ("1", "2")}
    assert signs == {"1": "?", "2": "▸"}


def test_the_rate_counts_the_last_two_seconds() -> None:
    state = fold(sample_run.events(16))
    state.rate_samples = [(1.0, 500, 0.1), (9.0, 30, 0.1), (10.0, 10, 0.1)]
    state.t = 10.0
    assert rate(state) == 20.0


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200), answer=st.text(min_size=1, max_size=60))
def test_no_text_breaks_the_picture(text: str, answer: str) -> None:
    events = sample_run.events(2)
    for i, event in enumerate(events):
        if isinstance(event, CandidateFinished):
            events[i] = msgspec.structs.replace(
                event, text=f"[bold]{text}[/nothing]\x1b[2J", answer=answer, vote=answer
            )
        if isinstance(event, RunStarted):
            problem = msgspec.structs.replace(event.setup.problem, question=f"[red]{text}")
            events[i] = msgspec.structs.replace(event, setup=msgspec.structs.replace(event.setup, problem=problem))
    assert "\x1b[2J" not in drawn(fold(events))
