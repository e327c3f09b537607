"""Verifiers score in [0, 1], say why, and say that they cannot tell when they cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.answers import normalise
from engine.errors import BadInputError
from engine.setup import VerifierChoice
from engine.types import Candidate, FinishReason, Problem, Score
from engine.verifiers.math_process import shared_math_process
from engine.verifiers.registry import VERIFIERS, build_verifier

PROBLEM = Problem("What is 47 + 35?", "82", "addition")


@pytest.fixture(scope="module", autouse=True)
def no_process_left() -> Iterator[None]:
    yield
    shared_math_process().close()


def candidate(
    text: str = "", answer: str | None = None, id: int = 0, ended: FinishReason = "stop", logprob: float | None = -0.2
) -> Candidate:
    return Candidate(id, text, answer, None if answer is None else normalise(answer), ended, 10, logprob)


def score(name: str, one: Candidate, peers: list[Candidate] | None = None, problem: Problem = PROBLEM) -> Score:
    return build_verifier(VerifierChoice(name)).score(problem, one, peers or [one], ())


def test_the_verifiers_that_need_nothing_come_first() -> None:
    assert list(VERIFIERS)[:4] == ["known-answer", "majority", "arithmetic", "mean-logprob"]


@pytest.mark.parametrize("name", VERIFIERS)
def test_a_verifier_says_what_it_costs_and_what_it_cannot_see(name: str) -> None:
    spec, built = VERIFIERS[name], build_verifier(VerifierChoice(name))
    assert (built.name, built.title, built.help, built.uses_peers) == (name, spec.title, spec.help, spec.uses_peers)
    assert all(text.endswith(".") for text in (spec.help, spec.costs, spec.blind_spot))


@pytest.mark.parametrize("name", VERIFIERS)
@settings(deadline=None)  # one verifier starts a process
@given(text=st.text(max_size=80), answer=st.none() | st.text(max_size=10), logprob=st.none() | st.floats(-50, 0))
def test_every_score_is_between_0_and_1_and_explained(
    name: str, text: str, answer: str | None, logprob: float | None
) -> None:
    got = score(name, candidate(text, answer, logprob=logprob))
    assert got.value is None or 0 <= got.value <= 1
    assert got.detail


@pytest.mark.parametrize("name", VERIFIERS)
def test_these_verifiers_need_no_model_call(name: str) -> None:
    assert not build_verifier(VerifierChoice(name)).requests(PROBLEM, candidate("82", "82"))


def test_an_unknown_verifier_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        BadInputError, match=r"no verifier “arithmetics”.*known-answer, majority, arithmetic, mean-logprob"
    ):
        build_verifier(VerifierChoice("arithmetics"))


def test_a_setting_that_a_verifier_does_not_have_is_refused() -> None:
    with pytest.raises(BadInputError, match="no setting"):
        build_verifier(VerifierChoice("majority", 1.0, {"depth": 3}))


def test_the_known_answer_is_recognised_however_it_is_written() -> None:
    assert score("known-answer", candidate(answer="82.0 apples")).value == 1
    assert score("known-answer", candidate(answer="72")) == Score(0.0, "72 is not 82")
    assert score("known-answer", candidate()).value == 0


def test_a_problem_without_a_known_answer_cannot_be_judged_by_it() -> None:
    assert score("known-answer", candidate(answer="5"), problem=Problem("Why?")).value is None


def test_the_majority_score_is_the_share_of_votes() -> None:
    peers = [candidate(answer=answer, id=i) for i, answer in enumerate(["82", "82.0", "72", "83"])]
    assert score("majority", peers[0], peers) == Score(0.5, "2 of 4 votes")
    assert score("majority", peers[2], peers).value == 0.25


def test_stopped_and_silent_candidates_do_not_vote() -> None:
    peers = [candidate(answer="82"), candidate(answer="72", id=1, ended="abort"), candidate(id=2)]
    assert score("majority", peers[0], peers).value == 1
    assert score("majority", peers[1], peers).value == 0
    assert score("majority", peers[2], peers) == Score(0.0, "no answer, so no vote")
    assert score("majority", peers[2], [peers[2]]).value is None


def test_the_arithmetic_score_is_the_share_of_equations_that_hold() -> None:
    got = score("arithmetic", candidate("30 + 5 = 35. 24 - 9 = 14. 35 - 14 = 21. The answer is 21."))
    assert got == Score(2 / 3, "2 of 3 equations hold: 24 − 9 = 14 is wrong: 24 − 9 = 15")


def test_a_single_equation_is_spoken_of_as_one() -> None:
    assert score("arithmetic", candidate("47 + 35 = 82")) == Score(1.0, "the one equation holds")
    assert score("arithmetic", candidate("47 + 35 = 72")) == Score(0.0, "47 + 35 = 72 is wrong: 47 + 35 = 82")
    assert score("arithmetic", candidate("5 / 0 = 0")).detail == "5 / 0 = 0 is wrong (a division by zero)"


def test_a_text_without_equations_is_neither_right_nor_wrong() -> None:
    assert score("arithmetic", candidate("It is 82.", "82")) == Score(None, "no equation to check")


def test_confidence_is_the_geometric_mean_of_the_probabilities() -> None:
    assert score("mean-logprob", candidate(logprob=math.log(0.25))).value == pytest.approx(0.25)
    assert score("mean-logprob", candidate(logprob=None)).value is None
