"""Verifiers score in [0, 1], say why, and say that they cannot tell when they cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.answers import normalise
from engine.errors import BadInputError
from engine.setup import VerifierChoice
from engine.types import Candidate, Confidence, FinishReason, Problem, Score
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


def test_the_first_verifiers_are_registered() -> None:
    first = ["known-answer", "majority", "arithmetic", "mean-logprob", "entropy", "self-certainty", "deepconf"]
    assert [name for name in VERIFIERS if name in first] == first


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
    assert got.value is None or 0 <= got.value <= VERIFIERS[name].highest <= 1
    assert got.detail


@pytest.mark.parametrize("name", [name for name in VERIFIERS if not name.endswith(("-judge", "-model"))])
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


def test_votes_are_counted_again_when_the_candidates_are_other_ones() -> None:
    verifier = build_verifier(VerifierChoice("majority"))
    peers = [candidate(answer="82"), candidate(answer="72", id=1)]
    problem = Problem("What is 47 + 35?", "82")
    assert verifier.score(problem, peers[0], peers, ()).value == 0.5
    peers.append(candidate(answer="82", id=2))
    assert verifier.score(problem, peers[0], peers, ()).value == pytest.approx(2 / 3)
    assert verifier.score(problem, peers[0], peers[:1], ()).value == 1


def test_the_arithmetic_score_is_the_share_of_equations_that_hold() -> None:
    got = score("arithmetic", candidate("30 + 5 = 35. 24 - 9 = 14. 35 - 14 = 21. The answer is 21."))
    assert got == Score(2 / 3, "2 of 3 equations hold: 24 − 9 = 14 is wrong: 24 − 9 = 15")


def test_a_single_equation_is_spoken_of_as_one() -> None:
    assert score("arithmetic", candidate("47 + 35 = 82")) == Score(1.0, "the one equation holds")
    assert score("arithmetic", candidate("47 + 35 = 72")) == Score(0.0, "47 + 35 = 72 is wrong: 47 + 35 = 82")
    assert score("arithmetic", candidate("5 / 0 = 0")).detail == "5 / 0 = 0 is wrong (a division by zero)"


def test_a_text_without_equations_is_neither_right_nor_wrong() -> None:
    assert score("arithmetic", candidate("It is 82.", "82")) == Score(None, "no equation to check")


def sure(entropy: float, self_certainty: float, lowest_group: float) -> Candidate:
    return replace(candidate("82", "82"), confidence=Confidence(entropy, self_certainty, lowest_group, 9.0))


def test_the_entropy_score_is_one_over_the_number_of_equally_likely_tokens() -> None:
    assert score("entropy", sure(math.log(4), 12.0, 5.0)).value == pytest.approx(0.25)
    assert score("entropy", sure(math.log(4), 12.0, 5.0)).detail == "1.39 nats a token, as from 4.0 likely ones"
    assert score("entropy", sure(0.0, 12.0, 5.0)).value == 1.0


@pytest.mark.parametrize(("name", "words"), [("self-certainty", "10.00 nats"), ("deepconf", "confidence 10.00")])
def test_a_figure_without_bounds_is_mapped_in_order_and_stands_in_the_detail(name: str, words: str) -> None:
    scores = [score(name, sure(0.5, figure, figure)) for figure in (0.0, 4.0, 10.0, 30.0, 1e6)]
    assert [each.value for each in scores[:4]] == pytest.approx([0.0, 4 / 14, 0.5, 0.75])
    assert scores == sorted(scores, key=lambda each: each.value or 0.0)
    assert words in scores[2].detail


def test_each_figure_of_confidence_is_judged_by_its_own_verifier() -> None:
    one = sure(0.5, 30.0, 10.0)
    assert [score(name, one).value for name in ("self-certainty", "deepconf")] == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize("name", ["entropy", "self-certainty", "deepconf"])
def test_without_figures_of_confidence_nothing_can_be_told(name: str) -> None:
    assert score(name, candidate("82", "82")) == Score(None, "no token probabilities")
    assert VERIFIERS[name].judges_steps


def test_confidence_is_the_geometric_mean_of_the_probabilities() -> None:
    assert score("mean-logprob", candidate(logprob=math.log(0.25))).value == pytest.approx(0.25)
    assert score("mean-logprob", candidate(logprob=None)).value is None
