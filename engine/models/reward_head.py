"""Whether a GGUF has a head that scores texts, and one that this version of llama.cpp computes (`build_pooling`)."""

from __future__ import annotations

from engine.errors import ModelError
from engine.models.gguf_header import GgufArray, GgufHeader
from engine.plain_text import printable

SOFTMAXED = frozenset(("qwen3", "qwen3vl"))
"""llama.cpp takes the softmax over what these heads put out, as the Qwen3 rerankers want it."""

ENCODERS = frozenset(("bert", "jina-bert-v2", "modern-bert", "neo-bert"))
"""They read a text in one batch, each token looking at all."""

WITH_HEAD = ENCODERS | SOFTMAXED
"""The architectures whose head llama.cpp loads. A head on any other is left unread, or its file refused."""

HEADS = frozenset(("cls.weight", "cls.output.weight"))
SUPPORTED = "BERT (RoBERTa and XLM-R too), Jina BERT v2, ModernBERT and NeoBERT, and Qwen3 and Qwen3-VL with two labels"
NEXT = f"Choose a reward model or reranker of one of these: {SUPPORTED}."


def check_head(header: GgufHeader) -> None:
    """Checks that llama.cpp can score texts with the head of this model.

    Raises:
        ModelError: There is no head, or none that llama.cpp computes for this architecture.
    """
    name = printable(header.path.replace("\\", "/").rsplit("/", 1)[-1])
    found = header.metadata.get("general.architecture")
    architecture = printable(found)[:60] if isinstance(found, str) else "unknown"
    if not any(tensor.name in HEADS for tensor in header.tensors):
        why = f"It has no head that scores a text (no tensor {' or '.join(sorted(HEADS))})."
        raise ModelError(f"“{name}” is no reward model.", why, NEXT)
    if architecture not in WITH_HEAD:
        why = f"llama.cpp computes no such head for the architecture “{architecture}”."
        raise ModelError(f"“{name}” cannot score texts here.", why, NEXT)
    if architecture in SOFTMAXED and _labels(header, architecture) < 2:
        why = "llama.cpp takes the softmax of a Qwen3 head: with a single output, each text would get a 1."
        raise ModelError(f"“{name}” cannot score texts here.", why, NEXT)


def _labels(header: GgufHeader, architecture: str) -> int:
    labels = header.metadata.get(f"{architecture}.classifier.output_labels")
    return labels.length if isinstance(labels, GgufArray) else 0
