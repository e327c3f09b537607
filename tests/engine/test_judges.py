"""Model judges: what they ask, and how the probabilities of the answer become a score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inference.backend import RunShape
from engine.inference.chat_template import ChatTemplate
from engine.inference.llama.backend import LlamaBackend
from engine.inference.simulated_backend import SimulatedModel
from engine.setup import VerifierChoice
from engine.types import Candidate, FinishReason, Problem, Score, Trial
from engine.verifiers.ask import SCALES
from engine.verifiers.base import Verifier
from engine.verifiers.process_judge import MOST_STEPS, steps_of
from engine.verifiers.registry import build_verifier

PROBLEM = Problem("What is 47 + 35?", "82", "addition")
TEXT = "First the tens: 40 + 30 = 70. Then the ones: 7 + 5 = 12. The answer is 82."


class BaseModel(SimulatedModel):
    """A simulated model without a chat template."""

    def __init__(self) -> None:
        super().__init__(lambda prompt: {})

    def chat_template(self) -> str | None:
        return None


def judge(name: str = "model-judge", **settings: object) -> Verifier:
    return build_verifier(VerifierChoice(name, 1.0, settings))  # type: ignore[arg-type]


def candidate(text: str = TEXT, steps: tuple[str, ...] = ()) -> Candidate:
    return Candidate(0, text, None, None, "stop", 10, -0.2, steps=steps)


def reply(trial: Trial, probabilities: Mapping[str, float], reason: FinishReason = "length") -> Candidate:
    """What the model says to a request when its first token has these probabilities."""
    found = [probabilities.get(text, 0.0) for text in trial.sampling.watch]
    watched = tuple(math.log(p) if p > 0 else -math.inf for p in found)
    return Candidate(-1, "", None, None, reason, 1, -0.1, watched=watched)


def heard(verifier: Verifier, one: Candidate, *answers: Mapping[str, float]) -> Score:
    trials = verifier.requests(PROBLEM, one)
    return verifier.score(PROBLEM, one, [one], [reply(t, a) for t, a in zip(trials, answers, strict=True)])


def asked(trial: Trial) -> str:
    return trial.prompt.messages[-1].content


def test_yes_is_weighed_against_no_and_what_else_might_be_said_is_left_out() -> None:
    got = heard(judge(both_ways=False), candidate(), {"Yes": 0.3, "No": 0.1, "Perhaps": 0.6})
    assert got == Score(pytest.approx(0.75), "yes 0.75")


def test_a_judge_that_always_says_yes_is_found_out_by_the_other_question() -> None:
    got = heard(judge(), candidate(), {"Yes": 0.9, "No": 0.1}, {"Yes": 0.9, "No": 0.1})
    assert got == Score(pytest.approx(0.5), "yes 0.90; asked the other way round: no 0.10")


def test_a_word_counts_in_every_spelling_and_each_token_of_it_once() -> None:
    got = heard(judge(both_ways=False), candidate(), {"Yes": 0.2, " Yes": 0.1, "yes": 0.3, "No": 0.2})
    assert got.value == pytest.approx(0.6 / 0.8)
    same_token = heard(judge(both_ways=False), candidate(), {"Yes": 0.2, " Yes": 0.2, "No": 0.2})
    assert same_token.value == pytest.approx(0.5)


def test_a_grade_is_the_expected_one_and_the_scale_can_be_turned_round() -> None:
    verifier = judge(scale="grade-1-to-5")
    best_is_5, best_is_1 = {"3": 0.25, "4": 0.5, "5": 0.25}, {"1": 0.5, "2": 0.5}
    got = heard(verifier, candidate(), best_is_5, best_is_1)
    assert got.value == pytest.approx((0.75 + 0.875) / 2)
    assert got.detail == "grade 4.0 of 5; with 1 as the best grade: 1.5"
    assert heard(verifier, candidate(), {"5": 1.0}, {"5": 1.0}).value == pytest.approx(0.5)


def test_an_answer_in_other_words_is_remarked_on_and_one_without_any_judgement_is_none() -> None:
    rare = heard(judge(both_ways=False), candidate(), {"Yes": 0.02, "No": 0.01})
    assert rare == Score(pytest.approx(2 / 3), "yes 0.67 (an answer in other words was likelier)")
    assert heard(judge(both_ways=False), candidate(), {}) == Score(None, "the model's answer is no judgement")


@pytest.mark.parametrize(
    ("reason", "words"), [("error", "does not fit into the context"), ("abort", "the run ended before")]
)
@pytest.mark.parametrize("name", ["model-judge", "process-judge"])
def test_a_judge_that_was_not_answered_says_why(name: str, reason: FinishReason, words: str) -> None:
    verifier, one = judge(name), candidate()
    trials = verifier.requests(PROBLEM, one)
    replies = [reply(trial, {"Yes": 1.0, "No": 0.5}) for trial in trials]
    replies[-1] = Candidate(-1, "", None, None, reason, 0, None)
    got = verifier.score(PROBLEM, one, [one], replies)
    assert got.value is None
    assert words in got.detail


@pytest.mark.parametrize("name", ["model-judge", "process-judge"])
def test_there_is_nothing_to_judge_in_an_empty_text(name: str) -> None:
    one = candidate("  \n")
    assert not judge(name).requests(PROBLEM, one)
    assert judge(name).score(PROBLEM, one, [one], ()).value is None


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["model-judge", "process-judge"])
def test_the_judged_cases_show_each_answer_to_each_way_of_asking(name: str, scale: str) -> None:
    trials = judge(name, scale=scale).requests(PROBLEM, candidate("82"))
    assert len(trials) == 2
    shown = []
    for question, answer in zip(trials[0].prompt.messages[:-1:2], trials[0].prompt.messages[1::2], strict=True):
        shown.append((question.content.rsplit("\n\n", 1)[1], answer.content))
    assert len(set(shown)) == 4
    assert {ask for ask, _ in shown} == {asked(trial).rsplit("\n\n", 1)[1] for trial in trials}


@pytest.mark.parametrize("name", ["model-judge", "process-judge"])
def test_a_judge_asks_for_one_token_that_is_the_likeliest_and_names_its_question(name: str) -> None:
    for trial in judge(name).requests(PROBLEM, candidate()):
        assert (trial.sampling.temperature, trial.sampling.max_tokens, trial.seed) == (0.0, 1, 0)
        assert trial.sampling.watch
        assert trial.label.startswith(f"{name}: is it ")


@pytest.mark.parametrize("name", ["model-judge", "process-judge"])
def test_a_base_model_is_shown_judgements_and_no_worked_sums(name: str) -> None:
    trial = judge(name).requests(PROBLEM, candidate("47 + 35 = 82."))[0]
    text = ChatTemplate(BaseModel()).render(trial.prompt).text
    assert text.count("Question: ") == 5
    assert "\nAnswer: Yes\n" in text
    assert "\nAnswer: No\n" in text
    assert text.endswith("right? Say Yes or No.\nAnswer:")
    assert "26 + 57" not in text  # a worked example of sums


def test_candidates_share_all_of_the_prompt_before_their_text_and_both_questions_share_the_text(
    backend: LlamaBackend,
) -> None:
    def tokens(text: str) -> list[tuple[int, ...]]:
        return [backend.template.render(t.prompt).tokens for t in judge().requests(PROBLEM, candidate(text))]

    def common(a: tuple[int, ...], b: tuple[int, ...]) -> int:
        return next(i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1])

    right, wrong = tokens("47 + 35 = 82. The answer is 82.")
    other, _ = tokens("It is 72.")
    assert common(right, wrong) > len(right) - 20
    assert common(right, other) > len(other) - 30


def test_the_newest_step_alone_is_judged_where_a_text_is_made_in_steps() -> None:
    trials = judge("process-judge").requests(PROBLEM, candidate(steps=("The tens: 70.\n", "The ones: 12.\n")))
    assert len(trials) == 2
    assert all("Step 1: The tens: 70.\nStep 2: The ones: 12.\n\nIs the last step" in asked(trial) for trial in trials)


def test_a_whole_text_is_judged_thought_by_thought_and_each_prompt_goes_on_from_the_one_before() -> None:
    prompts = [asked(trial) for trial in judge("process-judge", both_ways=False).requests(PROBLEM, candidate())]
    assert len(prompts) == 3
    assert "Step 3: The answer is 82." in prompts[2]
    for shorter, longer in pairwise(prompts):
        assert longer.startswith(shorter.rsplit("\n\nIs", 1)[0] + "\n")


@pytest.mark.parametrize(
    ("aggregate", "value"), [("last", 0.5), ("min", 0.25), ("mean", 0.5), ("product", 0.75 * 0.25 * 0.5)]
)
def test_the_steps_of_a_whole_text_count_as_is_chosen(aggregate: str, value: float) -> None:
    verifier = judge("process-judge", both_ways=False, aggregate=aggregate)
    got = heard(verifier, candidate(), *({"Yes": p, "No": 1 - p} for p in (0.75, 0.25, 0.5)))
    assert got == Score(pytest.approx(value), f"3 steps, by {aggregate}: 0.75, 0.25, 0.50")


@given(st.text(alphabet="ab12.) \n!", max_size=200))
def test_the_steps_of_a_text_are_all_of_it_and_never_too_many(text: str) -> None:
    steps = steps_of(text)
    assert len(steps) <= MOST_STEPS
    assert "".join("".join(steps).split()) == "".join(text.split())
    assert all(step.strip() for step in steps)


def test_numbers_of_a_list_and_decimal_points_end_no_step() -> None:
    assert steps_of("1. Add 3.5 and 2.\n2. It is 5.5.") == ("1. Add 3.5 and 2.", "2. It is 5.5.")


def test_a_judgement_of_the_real_model_is_its_probability_of_yes(backend: LlamaBackend) -> None:
    ask = SCALES["yes-no"][0]
    trial = judge().requests(PROBLEM, candidate("47 + 35 = 82."))[0]
    rendered = backend.template.render(trial.prompt)
    scheduler = backend.scheduler(RunShape(1, len(rendered.tokens), 1))
    sequence = scheduler.submit(0, rendered.tokens, trial.sampling, 0)
    while not scheduler.idle:
        scheduler.step()
    assert sequence.text.strip() in ("Yes", "No")
    answer = Candidate(-1, sequence.text, None, None, "length", 1, None, watched=sequence.watched)
    opinion = ask.read(answer)
    assert opinion is not None
    assert (opinion.value > 0.5) == (sequence.text.strip() == "Yes")
    assert "other words" not in opinion.words
