"""The way of every text to the window, so that it can be shown in another language. English is its own key."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QTranslator

CONTEXT = "Thinkscope"


def tr(text: str, *parts: object) -> str:
    """A text in the language of the window, with its parts in the places {0}, {1} and so on."""
    translated = _translated(text)
    return translated.format(*parts) if parts else translated


def tr_n(one: str, many: str, count: int, *parts: object) -> str:
    """A text about a number of things: {0} is the number, {1} and so on the parts.

    The key is `many`, for which a language gives as many forms as it has; English has these two.
    """
    return _counted(one, many, count).format(count, *parts)


def tr_each(texts: Iterable[str]) -> tuple[str, ...]:
    """Several texts at once."""
    return tuple(map(tr, texts))


def later(text: str) -> str:
    """Marks a text that is translated where it is shown: a constant is made before a language is installed."""
    return text


def install(translator: QTranslator) -> None:
    """Takes up a language. Texts that are shown already stay as they are."""
    QCoreApplication.installTranslator(translator)
    _forget()


def remove(translator: QTranslator) -> None:
    """Goes back to English, or to the language before."""
    QCoreApplication.removeTranslator(translator)
    _forget()


# Painting asks for the same few texts in every frame.
@lru_cache(maxsize=4096)
def _translated(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)


@lru_cache(maxsize=4096)
def _counted(one: str, many: str, count: int) -> str:
    translated = QCoreApplication.translate(CONTEXT, many, None, count)
    return one if count == 1 and translated == many else translated


def _forget() -> None:
    _translated.cache_clear()
    _counted.cache_clear()
