"""What a model is, as far as its header says: the facts people ask for, and whether it can be used here at all."""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct

from engine.errors import ModelError
from engine.models.architectures import EMBEDDING, HYBRID, KNOWN, OTHER, RECURRENT
from engine.models.gguf_header import GgufArray, GgufHeader
from engine.models.tensor_types import FILE_TYPES, TENSOR_TYPES
from engine.plain_text import printable

_QUANTIZATION_SUFFIX = re.compile(
    r"[-._](I?Q[1-8](_[0-9A-Z]+)*|B?F(16|32)|TQ[12]_0|MXFP4|NVFP4)(-\d{5}-of-\d{5})?$", re.IGNORECASE
)


# Far beyond any model there is: what claims more is damaged, or made to do harm.
LAYERS_MAX, WIDTH_MAX, CONTEXT_MAX = 10_000, 1_000_000, 2**31 - 1


class ModelFacts(Struct, frozen=True):
    """Read from the header, nothing measured. Lengths and windows are tokens, 0 where the header does not say.

    `kv_bytes_per_token` is for keys and values in 16 bits, all layers together. `weight_bytes` counts this file only.
    `sliding_window` 0 means that every token looks at the whole context.
    """

    path: str
    name: str
    architecture: str
    parameters: int
    quantization: str
    file_bytes: int
    weight_bytes: int
    n_ctx_train: int
    n_layers: int
    n_embd: int
    n_ff: int
    n_heads: int
    n_heads_kv: int
    n_vocab: int
    kv_bytes_per_token: int
    has_chat_template: bool
    sliding_window: int
    recurrent: bool
    embedding_only: bool
    part: int
    parts: int
    license: str
    gguf_version: int


def facts_of(header: GgufHeader) -> ModelFacts:
    """The facts in `header`. Values of a wrong type count as absent."""
    text, number = _Texts(header), _Numbers(header)
    architecture = text("general.architecture")
    heads = number.most(f"{architecture}.attention.head_count")
    tensors = header.tensors
    return ModelFacts(
        path=header.path,
        name=_name(header.path, text("general.name")),
        architecture=architecture,
        parameters=sum(tensor.items for tensor in tensors),
        quantization=_quantization(header),
        file_bytes=header.file_bytes,
        weight_bytes=sum(tensor.nbytes or 0 for tensor in tensors),
        n_ctx_train=number(f"{architecture}.context_length"),
        n_layers=number(f"{architecture}.block_count"),
        n_embd=number(f"{architecture}.embedding_length"),
        n_ff=number.most(f"{architecture}.feed_forward_length"),
        n_heads=heads,
        n_heads_kv=number.most(f"{architecture}.attention.head_count_kv") or heads,
        n_vocab=_vocabulary(header, number(f"{architecture}.vocab_size")),
        kv_bytes_per_token=_kv_bytes_per_token(number, architecture),
        has_chat_template=bool(text("tokenizer.chat_template")),
        sliding_window=number.most(f"{architecture}.attention.sliding_window"),
        recurrent=architecture in RECURRENT | HYBRID,
        embedding_only=_embedding_only(header, architecture),
        part=number("split.no") + 1,
        parts=max(1, number("split.count")),
        license=text("general.license"),
        gguf_version=header.version,
    )


def check_usable(facts: ModelFacts) -> None:
    """Checks that a model can write text here.

    Raises:
        ModelError: It is no language model, one of an unknown architecture, or not the first part of a split one.
    """
    name = printable(facts.path.replace("\\", "/").rsplit("/", 1)[-1])
    another = "Choose a model that writes text; “Instruct” or “Chat” in its name is a good sign."
    if not facts.architecture:
        raise ModelError(
            f"“{name}” does not say which architecture it has.", "It may not be a language model.", another
        )
    if facts.architecture in OTHER:
        raise ModelError(f"“{name}” cannot answer questions.", f"It is {OTHER[facts.architecture]}.", another)
    if facts.embedding_only:
        why = f"It is an embedding model ({facts.architecture}): it turns text into vectors and writes none."
        raise ModelError(f"“{name}” cannot answer questions.", why, another)
    if facts.architecture not in KNOWN:
        why = f"This version of llama.cpp does not know the architecture “{facts.architecture[:60]}”."
        raise ModelError(f"“{name}” cannot be run.", why, "A newer version may, or choose another model.")
    if facts.part != 1:
        why = f"It is part {facts.part} of {facts.parts} of one model."
        raise ModelError(f"“{name}” cannot be opened by itself.", why, "Choose part 1; the others are found beside it.")
    if facts.n_layers > LAYERS_MAX or facts.n_embd > WIDTH_MAX or facts.n_ctx_train > CONTEXT_MAX:
        why = f"It claims {facts.n_layers:,} layers, a width of {facts.n_embd:,} and {facts.n_ctx_train:,} tokens."
        raise ModelError(f"“{name}” cannot be a model.", why, "The file is damaged; get it again.")
    if not facts.n_layers or not facts.n_embd or not facts.n_vocab or not facts.parameters:
        raise ModelError(
            f"“{name}” holds no whole model.", "Layers, width, vocabulary or weights are missing.", another
        )


class _Texts:
    def __init__(self, header: GgufHeader) -> None:
        self.metadata = header.metadata

    def __call__(self, key: str) -> str:
        value = self.metadata.get(key)
        return printable(value) if isinstance(value, str) else ""


class _Numbers:
    """Whole numbers of the metadata, 0 where there is none; some models give one for each layer."""

    def __init__(self, header: GgufHeader) -> None:
        self.metadata = header.metadata

    def __call__(self, key: str) -> int:
        value = self.metadata.get(key)
        return value if isinstance(value, int) and value > 0 else 0

    def each(self, key: str, layers: int) -> list[int]:
        value = self.metadata.get(key)
        if isinstance(value, GgufArray):
            return [item if isinstance(item, int) and item > 0 else 0 for item in value.values]
        return [self(key)] * layers

    def most(self, key: str) -> int:
        return max(self.each(key, 1), default=0)


def _name(path: str, declared: str) -> str:
    """The file's name without its quantisation: what people know a model by; the declared one is often a recipe.

    Files that are called by their hash, or by nothing but a word like "model", go by the declared name.
    """
    stem = path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".gguf").removesuffix(".GGUF")
    plain = _QUANTIZATION_SUFFIX.sub("", stem)
    anonymous = re.fullmatch(r"sha256-\w+|[0-9a-f]{16,}|(ggml-)?model", plain, re.IGNORECASE)
    return declared if declared and anonymous else plain or stem


def _quantization(header: GgufHeader) -> str:
    """The file's own word for it, else the type that most of its numbers are stored in."""
    declared = header.metadata.get("general.file_type")
    if isinstance(declared, int) and declared in FILE_TYPES:
        return FILE_TYPES[declared]
    stored: Counter[int] = Counter()
    for tensor in header.tensors:
        stored[tensor.type_id] += tensor.items
    if not stored:
        return "unknown"
    kind = TENSOR_TYPES.get(stored.most_common(1)[0][0])
    return kind.name if kind else "unknown"


def _vocabulary(header: GgufHeader, declared: int) -> int:
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    return tokens.length if isinstance(tokens, GgufArray) else declared


def _embedding_only(header: GgufHeader, architecture: str) -> bool:
    """Encoders by architecture; others when they declare how to pool a text into one vector (1 and up)."""
    pooling = header.metadata.get(f"{architecture}.pooling_type")
    return architecture in EMBEDDING or (isinstance(pooling, int) and not isinstance(pooling, bool) and pooling > 0)


def _kv_bytes_per_token(number: _Numbers, architecture: str) -> int:
    if architecture in RECURRENT:
        return 0
    layers = min(number(f"{architecture}.block_count"), 4096)
    heads = number.each(f"{architecture}.attention.head_count", layers)
    heads_kv = number.each(f"{architecture}.attention.head_count_kv", layers)
    if not any(heads_kv):
        heads_kv = heads
    widest = max(heads, default=0)
    width = number(f"{architecture}.embedding_length") // widest if widest else 0
    key = number(f"{architecture}.attention.key_length") or width
    value = number(f"{architecture}.attention.value_length") or width
    return sum(2 * count * (key + value) for count in heads_kv)
