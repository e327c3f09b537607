"""What a head says, and which files have one that can be asked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.inference.head_logit import logit_of, positive_label
from engine.models.gguf_header import read_header
from engine.models.reward_head import check_head
from tests.gguf_files import LLAMA, gguf, tensor
from tests.reward_files import write_bert, write_qwen3

HEAD = [tensor("token_embd.weight", (64, 3)), tensor("cls.output.weight", (64, 1), offset=0)]


def check(path: Path) -> None:
    check_head(read_header(path))


def test_heads_that_llama_cpp_computes_are_taken(tmp_path: Path) -> None:
    write_qwen3(tmp_path / "qwen.gguf")
    write_bert(tmp_path / "bert.gguf")
    check(tmp_path / "qwen.gguf")
    check(tmp_path / "bert.gguf")


def test_a_model_without_a_head_is_refused_with_what_would_do(tmp_path: Path) -> None:
    write_bert(tmp_path / "plain.gguf", head=False)
    with pytest.raises(ModelError, match=r"“plain.gguf” is no reward model.*no head.*ModernBERT"):
        check(tmp_path / "plain.gguf")


def test_a_head_on_an_architecture_whose_head_is_not_computed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "llama.gguf").write_bytes(gguf(LLAMA, HEAD))
    with pytest.raises(ModelError, match=r"computes no such head for the architecture “llama”"):
        check(tmp_path / "llama.gguf")


def test_a_single_output_after_a_softmax_is_refused_because_it_is_always_one(tmp_path: Path) -> None:
    write_qwen3(tmp_path / "one.gguf", labels=[])
    with pytest.raises(ModelError, match="each text would get a 1"):
        check(tmp_path / "one.gguf")


@given(st.lists(st.floats(-15, 15), min_size=2, max_size=5), st.data())
def test_the_sigmoid_of_the_logit_is_the_softmax_of_the_good_label(logits: list[float], data: st.DataObject) -> None:
    good = data.draw(st.integers(0, len(logits) - 1))
    total = sum(map(math.exp, logits))
    shares = [math.exp(logit) / total for logit in logits]
    for outputs, form in ((logits, "logits"), (shares, "softmax")):
        probability = 1 / (1 + math.exp(-logit_of(outputs, good, form)))  # type: ignore[arg-type]
        assert probability == pytest.approx(shares[good], abs=1e-9)


def test_one_output_is_the_logit_itself_also_behind_a_tanh_and_a_softmax_at_its_end_stays_finite() -> None:
    assert logit_of([-2.5], 0, "logits") == -2.5
    assert logit_of([math.tanh(0.75)], 0, "tanh") == pytest.approx(0.75)
    assert math.isfinite(logit_of([1.0], 0, "tanh"))
    assert math.isfinite(logit_of([0.0, 1.0], 0, "softmax"))


def test_the_good_label_is_known_by_its_name_or_the_model_is_refused() -> None:
    assert positive_label([""]) == 0
    assert positive_label(["no", "Yes"]) == 1
    assert positive_label(["LABEL_0", "LABEL_1"]) == 1
    for labels in (["cat", "dog"], ["good", "yes"]):
        with pytest.raises(ModelError, match=f"Its labels are “{labels[0]}”, “{labels[1]}”"):
            positive_label(labels)
