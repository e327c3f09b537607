"""Writes tiny reward models for tests: whole GGUF files with random weights, and a head on top. They know nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.gguf_files import Value, gguf, tensor

Weights = dict[str, NDArray[np.float32]]
WIDTH, FORWARD, HEADS, LAYERS = 32, 64, 2, 2
CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
CHAT += "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
RERANK = "<|im_start|>Query: {query}\nDocument: {document}<|im_end|>"
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789+=."


def write_qwen3(path: Path, *, labels: list[str] | None = None, context: int = 256, **changes: Value) -> Weights:
    """A causal model of bytes with `labels`, two by default; returns its weights. `changes` are metadata."""
    labels = ["yes", "no"] if labels is None else labels
    vocabulary = [*_byte_letters(), *MARKS]
    weights = _normal(
        {
            "token_embd.weight": (len(vocabulary), WIDTH),
            "output_norm.weight": (WIDTH,),
            "cls.output.weight": (max(1, len(labels)), WIDTH),
            **{f"blk.{i}.{name}": shape for i in range(LAYERS) for name, shape in _QWEN3_LAYER.items()},
        }
    )
    metadata: dict[str, Value] = {
        **_sizes("qwen3", context),
        "qwen3.attention.head_count_kv": HEADS,
        "qwen3.attention.key_length": WIDTH // HEADS,
        "qwen3.attention.value_length": WIDTH // HEADS,
        "qwen3.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3.rope.freq_base": 10000.0,
        "qwen3.pooling_type": 4,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.token_type": [1] * 256 + [3] * len(MARKS),
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 258,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHAT,
    }
    if labels:
        metadata["qwen3.classifier.output_labels"] = labels
    _write(path, {**metadata, **_keys(changes)}, weights)
    return weights


def write_bert(path: Path, *, context: int = 128, head: bool = True) -> Weights:
    """An encoder of letters with a head of two layers and one output; returns its weights."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *("▁" + letter for letter in LETTERS), *LETTERS]
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (len(vocabulary), WIDTH),
        "token_types.weight": (2, WIDTH),
        "position_embd.weight": (context, WIDTH),
        "token_embd_norm.weight": (WIDTH,),
        "token_embd_norm.bias": (WIDTH,),
        **{f"blk.{i}.{name}": shape for i in range(LAYERS) for name, shape in _BERT_LAYER.items()},
    }
    if head:
        shapes |= {"cls.weight": (WIDTH, WIDTH), "cls.bias": (WIDTH,)}
        shapes |= {"cls.output.weight": (1, WIDTH), "cls.output.bias": (1,)}
    weights = _normal(shapes)
    metadata: dict[str, Value] = {
        **_sizes("bert", context),
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 4 if head else 2,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.token_type": [3] * 4 + [1] * (2 * len(LETTERS)),
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.cls_token_id": 2,
        "tokenizer.ggml.eos_token_id": 3,
        "tokenizer.ggml.seperator_token_id": 3,
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.unknown_token_id": 1,
    }
    _write(path, metadata, weights)
    return weights


_SQUARE = (WIDTH, WIDTH)
_QWEN3_LAYER: dict[str, tuple[int, ...]] = {
    "attn_norm.weight": (WIDTH,),
    "attn_q.weight": _SQUARE,
    "attn_k.weight": _SQUARE,
    "attn_v.weight": _SQUARE,
    "attn_output.weight": _SQUARE,
    "attn_q_norm.weight": (WIDTH // HEADS,),
    "attn_k_norm.weight": (WIDTH // HEADS,),
    "ffn_norm.weight": (WIDTH,),
    "ffn_gate.weight": (FORWARD, WIDTH),
    "ffn_up.weight": (FORWARD, WIDTH),
    "ffn_down.weight": (WIDTH, FORWARD),
}
_BERT_LAYER: dict[str, tuple[int, ...]] = {
    **{f"attn_{name}.weight": _SQUARE for name in ("q", "k", "v", "output")},
    **{f"attn_{name}.bias": (WIDTH,) for name in ("q", "k", "v", "output")},
    "attn_output_norm.weight": (WIDTH,),
    "attn_output_norm.bias": (WIDTH,),
    "ffn_up.weight": (FORWARD, WIDTH),
    "ffn_up.bias": (FORWARD,),
    "ffn_down.weight": (WIDTH, FORWARD),
    "ffn_down.bias": (WIDTH,),
    "layer_output_norm.weight": (WIDTH,),
    "layer_output_norm.bias": (WIDTH,),
}


def _sizes(architecture: str, context: int) -> dict[str, Value]:
    return {
        "general.architecture": architecture,
        "general.name": f"Tiny {architecture}",
        f"{architecture}.context_length": context,
        f"{architecture}.block_count": LAYERS,
        f"{architecture}.embedding_length": WIDTH,
        f"{architecture}.feed_forward_length": FORWARD,
        f"{architecture}.attention.head_count": HEADS,
    }


def _keys(changes: Mapping[str, Value]) -> dict[str, Value]:
    """Keyword names have underscores where those of the file have dots: `tokenizer__chat_template`."""
    return {name.replace("__", "."): value for name, value in changes.items()}


def _normal(shapes: Mapping[str, tuple[int, ...]]) -> Weights:
    chance = np.random.default_rng(7)
    return {
        name: chance.normal(1.0 if name.endswith("norm.weight") else 0.0, 0.3, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def _write(path: Path, metadata: Mapping[str, Value], weights: Weights) -> None:
    described, data = [], b""
    for name, values in weights.items():
        described.append(tensor(name, values.shape[::-1], 0, len(data)))
        data += values.tobytes() + b"\0" * (-values.nbytes % 32)
    path.write_bytes(gguf(metadata, described, data=0) + data)


def _byte_letters() -> list[str]:
    """GPT-2's letter for each byte, in the order of the bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte if byte in printable else 256 + others.index(byte)) for byte in range(256)]
