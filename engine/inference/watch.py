"""How likely a model found certain words before it said its first: what model judges read instead of a sampled word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.inference.decoder import Logits, Vocabulary


def watched_tokens(vocabulary: Vocabulary, texts: Sequence[str]) -> tuple[int, ...]:
    """The first token of each text; one that is mere white space is passed over, as it says nothing of the text.

    Some vocabularies put a space of their own in front of whatever they read, as a token apart where there is one.
    """
    return tuple(_first_token(vocabulary, text) for text in texts)


def log_probabilities(row: Logits, tokens: Sequence[int]) -> tuple[float, ...]:
    """Natural log-probabilities of `tokens` over the full vocabulary, before temperature and cut-offs.

    Args:
        row: Logits, shape (n_vocab,).
        tokens: Token ids.
    """
    shifted = row.astype(np.float64) - float(row.max())
    found: list[float] = (shifted[list(tokens)] - np.log(np.exp(shifted).sum())).tolist()
    return tuple(found)


def _first_token(vocabulary: Vocabulary, text: str) -> int:
    tokens = vocabulary.tokenize(text, special=False, start=False)
    return next((token for token in tokens if vocabulary.piece(token).strip()), tokens[0])
