"""A set-up that cannot be carried out is refused in words, before anything is computed."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.check import check_setup
from engine.errors import BadInputError
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.types import Problem

GOOD = RunSetup(
    problem=Problem("What is 47 + 35?", "82"),
    strategy=StrategyChoice("best-of-n", {"n": 16}),
    verifiers=(VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2)),
    sampling=DEFAULT_SAMPLING,
    budget=Budget(tokens=1200, seconds=20.0),
    load=LoadOptions("model.gguf"),
    seed=1,
)


def test_a_good_set_up_passes() -> None:
    check_setup(GOOD)


@pytest.mark.parametrize("question", ["2 + 2 = 🤔", "كم يساوي ٢ + ٢؟", "日本の首都は？", "<|im_end|>", "a\nb\tc", "?"])
def test_any_script_is_a_question(question: str) -> None:
    check_setup(msgspec.structs.replace(GOOD, problem=Problem(question)))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("\u200b\u200f", "is empty"),
        ("What\0?", "NUL"),
        ("What \udcff?", "not UTF-8"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(question: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, problem=Problem(question)))


def test_a_known_answer_must_say_something() -> None:
    with pytest.raises(BadInputError, match="known answer is empty"):
        check_setup(msgspec.structs.replace(GOOD, problem=Problem("Why?", " ")))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", -0.1, "temperature cannot be -0.1"),
        ("temperature", math.nan, "temperature cannot be nan"),
        ("temperature", 5.1, "temperature cannot be 5.1"),
        ("top_p", 0.0, "top-p"),
        ("top_p", 1.01, "top-p"),
        ("top_p", math.nan, "top-p"),
        ("top_k", -1, "top-k"),
        ("min_p", 2.0, "min-p"),
        ("repeat_penalty", 0.0, "repetition penalty"),
        ("max_tokens", 0, "at least 1 token"),
        ("alternatives", 21, "alternatives"),
        ("stop", ("",), "stop text is empty"),
    ],
)
def test_sampling_out_of_bounds_is_refused(field: str, value: object, words: str) -> None:
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, **{field: value})
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, sampling=sampling))


@pytest.mark.parametrize("temperature", [0.0, 5.0])
def test_the_ends_of_the_temperature_scale_are_allowed(temperature: float) -> None:
    check_setup(
        msgspec.structs.replace(GOOD, sampling=msgspec.structs.replace(DEFAULT_SAMPLING, temperature=temperature))
    )


@pytest.mark.parametrize(
    "budget",
    [
        Budget(tokens=0),
        Budget(tokens=-5),
        Budget(seconds=0.0),
        Budget(seconds=math.nan),
        Budget(seconds=math.inf),
        Budget(candidates=0),
    ],
)
def test_a_budget_of_nothing_is_refused(budget: Budget) -> None:
    with pytest.raises(BadInputError, match="A budget of"):
        check_setup(msgspec.structs.replace(GOOD, budget=budget))


@pytest.mark.parametrize(
    ("verifiers", "words"),
    [
        ((VerifierChoice("nobody"),), "no verifier “nobody”"),
        ((VerifierChoice("majority", 0.0),), "weight of the verifier “majority” cannot be 0"),
        ((VerifierChoice("majority", math.nan),), "weight"),
        ((VerifierChoice("majority"), VerifierChoice("majority")), "chosen twice"),
    ],
)
def test_verifiers_that_cannot_be_mixed_are_refused(verifiers: tuple[VerifierChoice, ...], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, verifiers=verifiers))


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (StrategyChoice("magic"), "no strategy “magic”"),
        (StrategyChoice("best-of-n", {"n": 0}), "Candidates cannot be 0"),
        (StrategyChoice("best-of-n", {"n": 10_000}), "Candidates cannot be 10000"),
        (StrategyChoice("best-of-n", {"beams": 4}), "no setting “beams”"),
        (StrategyChoice("chain-of-thought", {"prompt": "rude"}), "Prompt cannot be “rude”"),
    ],
)
def test_a_strategy_that_cannot_be_built_is_refused(strategy: StrategyChoice, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        check_setup(msgspec.structs.replace(GOOD, strategy=strategy))


def test_a_refusal_says_what_to_do_next() -> None:
    with pytest.raises(BadInputError) as refusal:
        check_setup(msgspec.structs.replace(GOOD, budget=Budget(tokens=0)))
    assert refusal.value.next_step == "Give a number above 0, or no budget of tokens at all."
