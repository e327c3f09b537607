"""Prompts lead the model, and their worked examples are right, fitting, and never the question itself."""

from __future__ import annotations

import pytest

from engine.answers import extract, same_answer
from engine.lab.problem_sets import load_ladder
from engine.prompts import POOLS, PROMPTS, Example, examples_for, guess_kind
from engine.types import Message, Problem
from engine.verifiers.equations import equations

ADDITION = Problem("What is 47 + 35?", "82", "addition")
EXAMPLES = [(kind, example) for kind, pool in POOLS.items() for example in pool]


def test_the_question_alone_is_one_turn() -> None:
    assert PROMPTS["question-only"](ADDITION).messages == (Message("user", "What is 47 + 35?"),)


def test_step_by_step_asks_for_thought_and_for_the_form_of_the_answer() -> None:
    (turn,) = PROMPTS["step-by-step"](ADDITION).messages
    assert turn.content.startswith("What is 47 + 35?\n\n")
    assert "step by step" in turn.content
    assert "The answer is" in turn.content


def test_worked_examples_are_three_turns_of_each_and_then_the_question() -> None:
    messages = PROMPTS["worked-examples"](ADDITION).messages
    assert [message.role for message in messages] == ["user", "assistant"] * 3 + ["user"]
    assert messages[-1].content == ADDITION.question
    assert all(turn.content.endswith(".") and "The answer is " in turn.content for turn in messages[1::2])


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=lambda value: getattr(value, "question", value)[:30])
def test_a_worked_example_is_right_and_read_as_it_is_meant(kind: str, example: Example) -> None:
    written = equations(example.steps)
    assert all(equation.holds for equation in written)
    assert written or kind == "free"
    text = f"{example.steps} The answer is {example.answer}."
    assert same_answer(extract(text, kind), example.answer)


@pytest.mark.parametrize("kind", set(POOLS) - {"free", "word"})
def test_a_pure_example_is_of_the_kind_it_stands_for(kind: str) -> None:
    assert {guess_kind(example.question) for example in POOLS[kind]} == {kind}


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=lambda value: getattr(value, "question", value)[:30])
def test_no_example_is_the_question_itself(kind: str, example: Example) -> None:
    shown = examples_for(Problem(example.question.upper(), None, kind))
    assert len(shown) == 3
    assert example not in shown


def test_a_sum_with_its_terms_the_other_way_round_is_the_same_question() -> None:
    first = examples_for(ADDITION)[0]
    a, b = first.question.removeprefix("What is ").rstrip("?").split(" + ")
    assert first not in examples_for(Problem(f"{b}+{a} = ?"))


def test_every_problem_of_the_ladder_gets_three_examples() -> None:
    problems = [problem for rung in load_ladder() for problem in rung.problems]
    assert all(len(examples_for(problem)) == 3 for problem in problems)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is 47 + 35?", "addition"),
        ("83 − 47", "subtraction"),
        ("7 x 8 =", "multiplication"),
        ("How much is 84 ÷ 6?", "division"),
        ("2 + 3 * 4", "arithmetic"),
        ("-5 + 3", "addition"),
        ("What is 47 plus 35?", "addition"),
        ("Tom has 3 apples and buys 4 more. How many apples has he?", "word"),
        ("What is the capital of France?", "free"),
        ("Write a poem about 7 cats and 3 dogs.", "free"),
        ("47", "free"),
        ("", "free"),
    ],
)
def test_the_kind_of_a_question_is_seen_from_its_form(question: str, kind: str) -> None:
    assert guess_kind(question) == kind
