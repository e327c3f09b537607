"""Tokens laid out as flowing text in a given width, one at a time, each at a cost that does not grow with the text.

Plain text is wrapped by hand with cached advances: a token costs a few additions. A paragraph with writing that needs
shaping (right-to-left, joined or stacked letters, writing without spaces) is laid out by Qt as a whole instead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextLayout, QTextLine, QTextOption

LINE_SPACING = 1.46
PUT_IN = -1  # in place of a token's number
_PARTS = re.compile(r"\n| *[^ \n]+| +")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Everything but Latin, Greek, Cyrillic, punctuation, symbols and single-code-point emoji.
_NEEDS_SHAPING = re.compile(
    "[\u0300-\u036f\u0590-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2069\u20d0-\u20ff\u2e80-\ufe6f\uff00-\uffef"
    "\U00010000-\U0001cfff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U00020000-\U000effff]"
)


class TypeMetrics:
    """A font with what laying out tokens needs, each measured once. Lengths are logical pixels."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.line_height = round(font.pixelSize() * LINE_SPACING)
        self.baseline = round((self.line_height - self._metrics.height()) / 2 + self._metrics.ascent())
        self.space = self._metrics.horizontalAdvance(" ")
        self._advances: dict[str, float] = {}

    def advance(self, text: str) -> float:
        """The width of `text`; vocabularies are finite, so nearly every token has been measured before."""
        width = self._advances.get(text)
        if width is None:
            width = self._advances[text] = self._metrics.horizontalAdvance(text)
        return width

    def elided(self, text: str, width: float) -> str:
        """`text`, shortened with an ellipsis to `width`."""
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


@lru_cache(maxsize=64)
def type_metrics(font: QFont) -> TypeMetrics:
    """The metrics of a font, shared by all that use it."""
    return TypeMetrics(font)


@dataclass(slots=True)
class Fragment:
    """The part of a token that stands on one line, from `x`, `width` wide. `text` is empty where Qt draws the line.

    The token is `PUT_IN` where the text is none of the model's: it was put in before the first token.
    """

    token: int
    line: int
    x: float
    width: float
    text: str


@dataclass(slots=True)
class Change:
    """What one append changed: fragments from `first` on, after erasing from `x` on `line` and all lines below."""

    first: int
    line: int
    x: float


class TokenFlow:
    """Tokens as fragments on lines.

    Args:
        metrics: The type they are set in.
        width: The width of a line.
    """

    def __init__(self, metrics: TypeMetrics, width: float) -> None:
        self.metrics = metrics
        self.width = max(width, metrics.space * 4)
        self.fragments: list[Fragment] = []
        self.line_starts: list[int] = [0]
        self.shaped_lines: dict[int, tuple[QTextLayout, QTextLine]] = {}
        self.token_count = 0
        self.pen_x = 0.0
        self._word_start = 0
        self._paragraph: list[tuple[int, str]] = []
        self._paragraph_fragment = 0
        self._paragraph_line = 0
        self._shaping = False
        self._break_before_next = False

    @property
    def line_count(self) -> int:
        """Lines in use, at least one."""
        return len(self.line_starts)

    @property
    def height(self) -> int:
        """The height of all lines."""
        return self.line_count * self.metrics.line_height

    @property
    def pen_line(self) -> int:
        """The line on which the next token begins, unless it wraps."""
        return len(self.line_starts) - 1

    def put_in(self, text: str) -> None:
        """Begins with a text that is no token of the model; to be called before the first one is added."""
        self._flow(PUT_IN, text)

    def append(self, text: str) -> Change:
        """Adds the next token."""
        self.token_count += 1
        return self._flow(self.token_count - 1, text)

    def _flow(self, index: int, text: str) -> Change:
        change = Change(len(self.fragments), self.pen_line, self.pen_x)
        for part in _PARTS.findall(_visible(text)):
            if part == "\n":
                self._break_before_next = bool(self.fragments)
            else:
                self._add(index, part, change)
        return change

    def fragment_at(self, x: float, y: float) -> Fragment | None:
        """The fragment under a point, with the flow's top left corner at (0, 0)."""
        line = int(y // self.metrics.line_height)
        if y < 0 or line >= self.line_count:
            return None
        return next((f for f in self.fragments_of_lines(line, line + 1) if f.x <= x < f.x + f.width), None)

    def fragments_of_lines(self, first: int, end: int) -> list[Fragment]:
        """The fragments on lines `first` to `end`, exclusive."""
        start = self.line_starts[first] if first < self.line_count else len(self.fragments)
        stop = self.line_starts[end] if end < self.line_count else len(self.fragments)
        return self.fragments[start:stop]

    def rect(self, fragment: Fragment) -> QRectF:
        """Where a fragment stands."""
        height = self.metrics.line_height
        return QRectF(fragment.x, fragment.line * height, fragment.width, height)

    def rects_of_token(self, token: int) -> list[QRectF]:
        """Where a token stands: several places when it is broken over lines."""
        near = bisect_right(self.fragments, token - 1, key=lambda fragment: fragment.token)
        found = []
        for fragment in self.fragments[near:]:
            if fragment.token > token:
                break
            found.append(self.rect(fragment))
        return found

    def _add(self, index: int, part: str, change: Change) -> None:
        if self._break_before_next:
            self._begin_paragraph()
        self._paragraph.append((index, part))
        if self._shaping or (not part.isascii() and _NEEDS_SHAPING.search(part)):
            self._shaping = True
            self._shape_paragraph(change)
        else:
            self._place(index, part, change)

    def _begin_paragraph(self) -> None:
        self._break_before_next = False
        self._shaping = False
        self._new_line()
        self._paragraph = []
        self._paragraph_fragment, self._paragraph_line = len(self.fragments), self.pen_line

    def _new_line(self) -> None:
        self.line_starts.append(len(self.fragments))
        self._word_start = len(self.fragments)
        self.pen_x = 0.0

    def _place(self, index: int, part: str, change: Change) -> None:
        core = part.lstrip(" ")
        lead = (len(part) - len(core)) * self.metrics.space
        if lead:
            self._word_start = len(self.fragments)
        width = self.metrics.advance(core) if core else 0.0
        if not core or self.pen_x + lead + width <= self.width:
            at_start = self.pen_x == 0
            self._put(index, core if at_start else part, width if at_start and core else lead + width)
            if not core:
                self._word_start = len(self.fragments)
            return
        self._wrap(change)
        if self.pen_x + width <= self.width:
            self._put(index, core, width)
        else:
            self._put_broken(index, core)

    def _put(self, index: int, text: str, width: float) -> None:
        width = min(width, max(0.0, self.width - self.pen_x))  # spaces at the end of a line hang
        self.fragments.append(Fragment(index, self.pen_line, self.pen_x, width, text))
        self.pen_x += width

    def _wrap(self, change: Change) -> None:
        """Begins a line and takes the unfinished word along, unless the word is all there is on the line."""
        word = self.fragments[self._word_start :]
        if word and word[0].x == 0:
            if self.pen_x > self.width * 0.96:
                self._new_line()
            return
        if not word:
            if self.pen_x > 0:
                self._new_line()
            return
        start = self._word_start
        if start < change.first:
            change.first = start
        if (word[0].line, word[0].x) < (change.line, change.x):
            change.line, change.x = word[0].line, word[0].x
        del self.fragments[start:]
        self._new_line()
        for fragment in word:
            text = fragment.text if self.pen_x else fragment.text.lstrip(" ")
            self._put(fragment.token, text, self.metrics.advance(text))

    def _put_broken(self, index: int, text: str) -> None:
        """Sets a text that is longer than a line, as many characters on each line as it takes."""
        while text:
            fitting = self._fitting(text, self.width - self.pen_x)
            if fitting == 0 and self.pen_x > 0:
                self._new_line()
                continue
            fitting = max(1, fitting)
            self._put(index, text[:fitting], self.metrics.advance(text[:fitting]))
            text = text[fitting:]
            if text:
                self._new_line()

    def _fitting(self, text: str, room: float) -> int:
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.metrics.advance(text[:middle]) <= room:
                low = middle
            else:
                high = middle - 1
        return low

    def _shape_paragraph(self, change: Change) -> None:
        change.first = min(change.first, self._paragraph_fragment)
        if (self._paragraph_line, 0.0) < (change.line, change.x):
            change.line, change.x = self._paragraph_line, 0.0
        del self.fragments[self._paragraph_fragment :]
        del self.line_starts[self._paragraph_line + 1 :]
        layout = QTextLayout("".join(part for _, part in self._paragraph).lstrip(" "), self.metrics.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width)
            self._take_line(layout, line)
        layout.endLayout()
        last = layout.lineAt(layout.lineCount() - 1) if layout.lineCount() else None
        self.pen_x = last.naturalTextRect().right() if last else 0.0

    def _take_line(self, layout: QTextLayout, line: QTextLine) -> None:
        number = self._paragraph_line + line.lineNumber()
        # QTextLine.draw puts the line's own top at the origin plus its position; the baseline is ours to align.
        line.setPosition(QPointF(0, self.metrics.baseline - line.ascent()))
        if line.lineNumber():
            self.line_starts.append(len(self.fragments))
        self.shaped_lines[number] = (layout, line)
        start, end = line.textStart(), line.textStart() + line.textLength()
        for token, first, last in self._spans():
            first, last = max(first, start), min(last, end)
            if first < last:
                left, right = _x(line, first), _x(line, last)
                self.fragments.append(Fragment(token, number, min(left, right), abs(right - left), ""))

    def _spans(self) -> list[tuple[int, int, int]]:
        """(token, first character, end) of the paragraph's parts, without the spaces that begin it."""
        parts = [part for _, part in self._paragraph]
        position = -(len("".join(parts)) - len("".join(parts).lstrip(" ")))
        spans = []
        for token, part in self._paragraph:
            # Qt counts UTF-16 units.
            length = len(part) + sum(character > "\uffff" for character in part)
            spans.append((token, max(0, position), max(0, position + length)))
            position += length
        return spans


def _x(line: QTextLine, position: int) -> float:
    place = line.cursorToX(position)
    return float(place[0] if isinstance(place, tuple) else place)


def _visible(text: str) -> str:
    """Tabs as spaces, all line ends as one kind, control characters as pictures."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").replace("\v", "\n").replace("\f", "\n")
    return _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if found[0] != "\x7f" else "␡", text)
