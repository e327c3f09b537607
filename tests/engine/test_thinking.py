"""Thinking: the model's own markers, a budget that cuts, “Wait” that goes on, and what is left without reasoning."""

from __future__ import annotations

import pytest

from engine.answers import extract
from engine.inference.chat_template import ChatTemplate
from engine.inference.simulated_backend import SimulatedModel
from engine.setup import Value
from engine.strategies.base import Result, Strategy
from engine.strategies.registry import build_strategy
from engine.strategies.thinking import ANSWER_TOKENS
from engine.thinking import CLOSE, OPEN, Markers, after_thinking, fill, length_of_thinking, markers_of
from engine.trace.fold import CandidateState
from engine.trace.split import thinking_tokens
from engine.types import Candidate, FinishReason, Message, Prompt, Token, Trial
from tests.engine.simulated_world import small_setup
from tests.simulated_runs import make_setup, simulate

QWEN = "{% for m in messages %}<|turn|>{{ m.content }}{% endfor %}<|turn|>{# <think> #}"


class Thinker(SimulatedModel):
    """A model whose template names the markers, and may open the reasoning itself."""

    def __init__(self, opens: bool) -> None:
        super().__init__(lambda prompt: {"": 1.0})
        self.opens = opens

    def chat_template(self) -> str:
        return QWEN + ("<think>\n" if self.opens else "")


def thinking(**settings: Value) -> Strategy:
    return build_strategy(small_setup("thinking", **settings))


def thought(trial: Trial, tokens: int, reason: FinishReason) -> Result:
    return Result(Candidate(trial.id, "Hm.", None, None, reason, tokens, -0.5, "thinking"), {})


@pytest.mark.parametrize(
    ("template", "markers"),
    [
        ("… {{ '<think>' }} …", Markers("<think>\n", "</think>")),
        ("… [THINK] …", Markers("[THINK]", "[/THINK]")),
        ("… <|channel>thought …", Markers("<|channel>thought\n", "<channel|>")),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
        (None, None),
    ],
)
def test_a_template_that_mentions_markers_tells_them(template: str | None, markers: Markers | None) -> None:
    assert markers_of(template) == markers


def test_a_plain_model_gets_nothing_in_place_of_the_markers() -> None:
    assert fill(f"{OPEN}a{CLOSE}b", None) == "ab"
    assert fill(f"{OPEN}a{CLOSE}b", Markers("<think>", "</think>")) == "<think>a</think>b"


@pytest.mark.parametrize("opens", [True, False])
def test_the_reasoning_is_opened_once_whether_or_not_the_template_does_it(opens: bool) -> None:
    template = ChatTemplate(Thinker(opens))
    prompt = Prompt((Message("user", "What is 2 + 3?"),), OPEN)
    assert template.render(prompt).text.count("<think>") == 1
    assert template.render(prompt).text.rstrip().endswith("<think>")


def test_what_a_user_wrote_never_opens_or_closes_the_reasoning() -> None:
    template = ChatTemplate(Thinker(False))
    text = template.render(Prompt((Message("user", f"Say {OPEN} and {CLOSE}."),), OPEN)).text
    assert text.count("<think>") == 1
    assert "</think>" not in text


def test_only_what_follows_the_reasoning_is_searched_for_an_answer() -> None:
    text = "<think>The answer is 7. No, wait.</think>\nThe answer is 8."
    assert after_thinking(text) == "\nThe answer is 8."
    assert extract(text, "addition") == "8"
    assert extract("The answer is 5.", "addition") == "5"


def test_thinking_is_cut_at_the_budget_and_the_answer_is_asked_for() -> None:
    strategy = thinking(thinking_tokens=20)
    (first,) = strategy.ask(1)
    assert (first.purpose, first.sampling.max_tokens, CLOSE in first.sampling.stop) == ("thinking", 20, True)
    strategy.tell(thought(first, 20, "length"))
    (last,) = strategy.ask(1)
    assert (last.purpose, last.sampling.max_tokens) == ("answer", ANSWER_TOKENS)
    assert last.origin is not None
    assert (last.origin.trial, last.origin.text) == (first.id, f"{CLOSE}\n\nThe answer is")


def test_thinking_that_ends_early_is_made_to_wait_as_often_as_asked_and_never_beyond_its_budget() -> None:
    strategy = thinking(thinking_tokens=50, waits=2)
    left, texts = [], []
    for tokens in (10, 15):
        (trial,) = strategy.ask(1)
        left.append(trial.sampling.max_tokens)
        texts.append(trial.origin.text if trial.origin else "")
        strategy.tell(thought(trial, tokens, "stop"))
    (third,) = strategy.ask(1)
    assert [*left, third.sampling.max_tokens] == [50, 40, 25]
    assert [*texts, third.origin.text if third.origin else ""] == ["", "\nWait,", "\nWait,"]
    strategy.tell(thought(third, 5, "stop"))
    (last,) = strategy.ask(1)
    assert last.purpose == "answer"


def test_chains_think_apart_and_vote() -> None:
    strategy = thinking(n=3)
    assert len({trial.id for trial in strategy.ask(9)}) == 3


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("The answer is 5.", 0),
        ("<think>ab</think>The answer is 5.", len("<think>ab</think>")),
        ("ab</think>5", len("ab</think>")),
        ("<think>still at it", len("<think>still at it")),
        ("<|channel|>analysis<|message|>ab<|end|><|start|>assistant<|channel|>final<|message|>5",
         len("<|channel|>analysis<|message|>ab<|end|><|start|>assistant<|channel|>final<|message|>")),
    ],
)  # fmt: skip
def test_hidden_reasoning_ends_at_its_marker_or_not_yet(text: str, hidden: int) -> None:
    assert length_of_thinking(text) == hidden


def test_tokens_of_hidden_reasoning_are_counted_apart() -> None:
    candidate = CandidateState(0, "", 0, 1, 0.7, 160, 0.0)
    for text in ("<think>", "Hm", ".", "</think>", "The", " answer", " is", " 5", "."):
        candidate.newest_tokens.append(Token(0, 1, text, -0.1, 0.1))
    assert thinking_tokens(candidate) == 4
    assert thinking_tokens(CandidateState(0, "", 0, 1, 0.7, 160, 0.0, "thinking")) == 0


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        ({"47 + 35 is 7 + 5 and 40": 1.0}, None),
        ({"The answer is 82. I am sure of": 1.0}, "82"),
        ({"The answer is 72. No,": 0.999999, "The answer is 72. No,\n\nThe answer is 82.": 0.000001}, "82"),
    ],
)
def test_a_number_in_a_thought_is_no_answer_to_the_request_for_one(texts: dict[str, float], answer: str | None) -> None:
    state = simulate(make_setup("thinking", (), thinking_tokens=60), texts)
    assert state.answer is not None
    assert state.answer.answer == answer
