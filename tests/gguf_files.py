"""Writes small GGUF files for tests, whole or wrong on purpose."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

Value = int | float | bool | str | list[int] | list[str]

LLAMA: dict[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.file_type": 3,
    "llama.context_length": 2048,
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.feed_forward_length": 128,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ messages }}",
}


def text(value: str | bytes) -> bytes:
    """A string as GGUF writes it: length, then bytes."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def entry(key: str, value: Value) -> bytes:
    """One metadata entry."""
    return text(key) + _typed(value)


def _typed(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<Iq", 11, value) if value < 0 or value >= 2**32 else struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case list() if value and isinstance(value[0], int):
            return struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
        case list():
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(str(item)) for item in value)


def tensor(name: str, shape: Sequence[int], type_id: int = 0, offset: int = 0) -> bytes:
    """One tensor's description."""
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + sizes + struct.pack("<IQ", type_id, offset)


def gguf(
    metadata: Mapping[str, Value] = LLAMA,
    tensors: Sequence[bytes] | None = None,
    version: int = 3,
    data: int = 64 * 3 * 4,
    counts: tuple[int, int] | None = None,
) -> bytes:
    """A whole file: header, padding and `data` zero bytes. `counts` (tensors, entries) can be made to lie."""
    tensors = [tensor("token_embd.weight", (64, 3))] if tensors is None else tensors
    n_tensors, n_entries = counts or (len(tensors), len(metadata))
    head = b"GGUF" + struct.pack("<IQQ", version, n_tensors, n_entries)
    body = head + b"".join(entry(key, value) for key, value in metadata.items()) + b"".join(tensors)
    return body + b"\0" * (-len(body) % 32 + data)
