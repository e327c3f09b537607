"""Self-refine: what is criticised by whom, when it stops and why, and that the best draft is the answer."""

from __future__ import annotations

from collections.abc import Sequence

from engine.answers import normalise
from engine.moves import DraftJudged, LoopEnded
from engine.setup import Value
from engine.strategies.base import Result, Strategy
from engine.strategies.registry import build_strategy
from engine.types import Candidate, Score, Trial
from tests.engine.simulated_world import small_setup


def loop(verifiers: Sequence[str] = ("arithmetic",), **settings: Value) -> Strategy:
    return build_strategy(small_setup("self-refine", verifiers, **settings))


def draft(trial: Trial, answer: str, value: float | None, detail: str = "") -> Result:
    candidate = Candidate(trial.id, f"It is {answer}.", answer, normalise(answer), "stop", 5, -0.5, trial.purpose)
    return Result(candidate, {"arithmetic": Score(value, detail)})


def critique(trial: Trial, text: str) -> Result:
    return Result(Candidate(trial.id, text, None, None, "stop", 5, -0.5, "critique"), {})


def ask(strategy: Strategy) -> Trial:
    (trial,) = strategy.ask(4)
    return trial


def reason(strategy: Strategy) -> str:
    return next(move.reason for move in strategy.moves() if isinstance(move, LoopEnded))


def test_a_draft_in_which_nothing_is_found_is_the_answer() -> None:
    strategy = loop()
    strategy.tell(draft(ask(strategy), "82", 1.0))
    assert strategy.finished
    assert reason(strategy) == "The verifiers found nothing wrong."
    assert strategy.answer().answer == "82"


def test_what_the_verifier_found_is_in_the_prompt_of_the_revision_and_the_next_draft_is_judged() -> None:
    strategy = loop()
    first = ask(strategy)
    assert first.purpose == "draft"
    strategy.tell(draft(first, "72", 0.0, "47 + 35 = 72 is wrong: 47 + 35 = 82"))
    second = ask(strategy)
    assert (second.purpose, second.refines) == ("revision", first.id)
    said = second.prompt.messages[-1].content
    assert "It is 72." in said
    assert "47 + 35 = 72 is wrong: 47 + 35 = 82." in said
    strategy.tell(draft(second, "82", 1.0))
    moves = strategy.moves()
    assert [(m.round, m.draft, m.score) for m in moves if isinstance(m, DraftJudged)] == [(0, 0, 0.0), (1, 1, 1.0)]
    assert strategy.answer().answer == "82"
    assert strategy.answer().reason == "Revision 1 is the best of 2 drafts: score 1.00."


def test_a_revision_that_is_no_better_ends_it_and_the_best_draft_is_returned_not_the_last() -> None:
    strategy = loop()
    strategy.tell(draft(ask(strategy), "72", 0.5, "a step is wrong"))
    strategy.tell(draft(ask(strategy), "73", 0.25, "two steps are wrong"))
    assert strategy.finished
    assert "no higher than the best draft" in reason(strategy)
    assert strategy.answer().answer == "72"


def test_it_goes_on_through_a_worse_revision_when_asked_to_until_its_rounds_are_used() -> None:
    strategy = loop(rounds=3, stop_when_not_better=False)
    for value in (0.5, 0.25, 0.75, 0.0):
        strategy.tell(draft(ask(strategy), f"{value}", value, "something is wrong"))
    assert strategy.finished
    assert reason(strategy) == "All 3 rounds are used."
    assert strategy.answer().answer == "0.75"


def test_the_models_own_critique_is_asked_for_and_its_approval_ends_it() -> None:
    strategy = loop((), critique="model")
    strategy.tell(draft(ask(strategy), "72", None))
    asked = ask(strategy)
    assert asked.purpose == "critique"
    strategy.tell(critique(asked, "The tens are wrong."))
    revision = ask(strategy)
    assert "The tens are wrong." in revision.prompt.messages[-1].content
    strategy.tell(draft(revision, "82", None))
    strategy.tell(critique(ask(strategy), "Correct. All steps are right."))
    assert reason(strategy) == "The model's own critique found nothing wrong."
    assert strategy.answer().answer == "82"


def test_both_critics_are_heard_together() -> None:
    strategy = loop(critique="both")
    strategy.tell(draft(ask(strategy), "72", 0.0, "47 + 35 = 72 is wrong"))
    strategy.tell(critique(ask(strategy), "Mind the carry."))
    said = ask(strategy).prompt.messages[-1].content
    assert "47 + 35 = 72 is wrong. Mind the carry." in said


def test_the_known_answer_is_not_given_away_in_a_critique() -> None:
    strategy = loop(("known-answer", "arithmetic"))
    first = ask(strategy)
    result = draft(first, "72", 0.0, "47 + 35 = 72 is wrong")
    scores = {**result.scores, "known-answer": Score(0.0, "72 is not 82")}
    strategy.tell(Result(result.candidate, scores))
    assert "82" not in ask(strategy).prompt.messages[-1].content.partition("A first try:")[2]


def test_where_nobody_can_tell_it_stops_and_does_not_say_that_nothing_is_wrong() -> None:
    strategy = loop()
    strategy.tell(draft(ask(strategy), "72", None, "there is nothing to check"))
    assert reason(strategy) == "No verifier could tell whether anything is wrong."


def test_what_is_wrong_by_the_known_answer_alone_stops_it_and_is_said_to_be_wrong() -> None:
    strategy = loop(("known-answer", "arithmetic"))
    result = draft(ask(strategy), "72", 1.0)
    strategy.tell(Result(result.candidate, {**result.scores, "known-answer": Score(0.0, "72 is not 82")}))
    assert reason(strategy) == "It was found to be wrong, but to say what is wrong would give the answer away."


def test_without_any_critic_the_first_draft_stands() -> None:
    strategy = loop(())
    strategy.tell(draft(ask(strategy), "72", None))
    assert reason(strategy) == "There is no verifier to find anything."
    assert strategy.answer().answer == "72"
