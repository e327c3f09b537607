"""How a question and its answer are put before a reward model or a reranker, as llama.cpp's server does it."""

from __future__ import annotations

import re
from typing import Protocol

from engine.inference.chat_template import ChatModel, ChatTemplate, Rendered
from engine.types import Prompt

_PLACES = re.compile(r"\{(query|document)\}")


class RewardVocabulary(ChatModel, Protocol):
    """A vocabulary with what rerankers put around their texts."""

    def rerank_template(self) -> str | None:
        """The text with {query} and {document} that the file brings, or None."""

    def pair_marks(self) -> tuple[list[int], list[int], list[int]]:
        """Control tokens before a query, between it and its document, and after that."""


class RewardTemplate:
    """Renders a conversation of a question and its answer, in the way that the model's head was trained on.

    That is the file's template for reranking; else its chat template, with the answer as a whole turn; else question
    and text with the vocabulary's own marks around them. What the texts say never becomes a control token.

    Raises:
        ModelError: The chat template cannot be compiled, or does not accept these turns.
    """

    def __init__(self, model: RewardVocabulary) -> None:
        self._model = model
        self._rerank = model.rerank_template()
        self._chat = ChatTemplate(model) if self._rerank is None and model.chat_template() else None

    def render(self, prompt: Prompt) -> Rendered:
        """Text and tokens of a conversation of two turns."""
        if self._chat is not None:
            return self._chat.render(prompt)
        question, answer = (message.content for message in prompt.messages)
        if self._rerank is not None:
            return self._fill(self._rerank, {"query": question, "document": answer})
        before, between, after = self._model.pair_marks()
        tokens = (*before, *self._plain(question), *between, *self._plain(answer), *after)
        return Rendered(f"{question}\n{answer}", tokens, "question and text, for a reranker", ())

    def _fill(self, template: str, texts: dict[str, str]) -> Rendered:
        tokens: list[int] = self._model.tokenize("", special=True, start=True)
        text = ""
        for i, part in enumerate(_PLACES.split(template)):
            given = bool(i % 2)
            text += texts[part] if given else part
            tokens += self._plain(texts[part]) if given else self._model.tokenize(part, special=True, start=False)
        return Rendered(text, tuple(tokens), "the model's own template for reranking", ())

    def _plain(self, text: str) -> list[int]:
        return self._model.tokenize(text, special=False, start=False)
