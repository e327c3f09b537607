"""A look at what was selected: a token and what might have stood there instead, a whole candidate, or the problem."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.acts import RateCandidate, TakeToken
from engine.jury import PERSON
from engine.trace.fold import CandidateState, RunState
from engine.trace.path_value import path_value
from engine.types import Score, Token
from widgets.icons import set_icon
from widgets.meters import numbers
from widgets.meters.alternative_bars import AlternativeBars, visible
from widgets.meters.fact_rows import FactRows
from widgets.meters.opinion_row import OpinionRow
from widgets.meters.search_facts import SEARCH_FACTS, problem_facts, search_facts
from widgets.models.candidate_words import number, written_answer
from widgets.models.thought_tree import PROBLEM, makes_tree, parent_of
from widgets.panels.section import SectionTitle
from widgets.scaled import follow_scale
from widgets.stage.token_popup import percent
from widgets.theme import px, set_kind, set_role
from widgets.translation import later, tr, tr_each

FACTS = {
    "probability": (
        later("Probability"),
        later("How likely the model found it here, before temperature and cut-offs."),
    ),
    "entropy": (later("Entropy"), later("How undecided the model was here: 0 is sure, larger is more open.")),
    "answer": (later("Its answer"), later("What this candidate answers; the answer of the whole run stands below.")),
    "tokens": (later("Tokens"), later("Tokens that this candidate has written.")),
    "confidence": (later("Mean probability"), later("The geometric mean of its tokens' probabilities.")),
    "mix": (later("Mixed score"), later("The verifiers' scores, mixed by their weights.")),
    "path": (
        later("Value of its steps"),
        later("What the search goes by: the verifiers' scores of all steps up to here, reduced to one and mixed."),
    ),
    **SEARCH_FACTS,
    "seconds": (later("Seconds"), later("From its start to its end, others that were computed with it included.")),
    "seed": (later("Seed"), later("The seed of this candidate's own dice.")),
    "prompt": (later("Prompt, cached + read"), later("Prompt tokens taken from the cache, and computed for it.")),
}
TAKE_HINT = later("Take another one: a branch grows beside the text from there.")
TOKEN_FACTS, CANDIDATE_FACTS = (
    ("probability", "entropy"),
    ("answer", "tokens", "confidence", "mix", "path", "seconds", "seed", "prompt"),
)


LONGEST_ANSWER = 18
SIGNS = {True: "✓", False: "✗", None: "?"}


def score_lines(name: str, score: Score) -> list[str]:
    """“arithmetic: 1.00 (the equation holds)”, and a line for each thing that was looked at."""
    value = tr("cannot tell") if score.value is None else f"{score.value:.2f}"
    parts = [f"   {SIGNS[p.passed]} {p.name}" + (f": {p.detail}" if p.detail else "") for p in score.parts]
    return [f"{name}: {value}" + (f" ({score.detail})" if score.detail else ""), *parts]


def _answer_words(candidate: CandidateState) -> str:
    """“56 ✓”, shortened: the text is there to be read."""
    answer = written_answer(candidate)
    if answer is None:
        return numbers.UNKNOWN
    sign = "" if candidate.correct is None else f" {SIGNS[candidate.correct]}"
    return (answer if len(answer) <= LONGEST_ANSWER else answer[: LONGEST_ANSWER - 1] + "…") + sign


class Inspector(QWidget):
    """Facts about the selected token and its candidate; hidden while nothing is selected."""

    prompt_requested = Signal(int)  # prompt id
    closed = Signal()
    act_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState()
        self._candidate: int | None = None
        self._token: int | None = None
        self.can_act = False
        self.title = SectionTitle(tr("Selected"))
        self.title.setWordWrap(True)
        self.text = QLabel(wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bars = AlternativeBars()
        self.hint = QLabel(wordWrap=True)
        set_role(self.hint, "muted")
        self.facts = FactRows({key: tr_each(words) for key, words in FACTS.items()})
        self.scores = QLabel(wordWrap=True)
        set_role(self.scores, "muted")
        self.scores.setTextFormat(Qt.TextFormat.PlainText)
        self.opinion = OpinionRow()
        self.prompt_button = QPushButton(tr("What the model was given…"))
        self.prompt_button.setToolTip(tr("Shows the prompt of this candidate exactly as the model got it."))
        self._build()
        self.hide()

    def select(self, state: RunState, candidate: int | None, token: int | None = None) -> None:
        """Shows a candidate, one token of it by its place, or `PROBLEM`; None hides everything."""
        self._candidate, self._token = candidate, token
        self.show_state(state)

    def step_token(self, step: int) -> None:
        """Goes to the token before or after; from a candidate to its first, from nothing to the first candidate."""
        candidate = self._state.candidates.get(self._candidate if self._candidate is not None else 0)
        if candidate is None or not candidate.tokens:
            return
        at = 0 if self._token is None else self._token + step
        self.select(self._state, candidate.id, min(max(at, 0), len(candidate.tokens) - 1))

    def show_state(self, state: RunState) -> None:
        """Shows the selection as it is in a state; a candidate that is not there yet hides it."""
        self._state = state
        if self._candidate == PROBLEM and state.start is not None:
            self._show_problem(state.start.setup.problem.question)
            return
        candidate = state.candidates.get(self._candidate) if self._candidate is not None else None
        self.setVisible(candidate is not None)
        if candidate is None:
            return
        token = None
        if self._token is not None and 0 <= self._token < len(candidate.tokens):
            token = candidate.tokens[self._token]
        self._show_candidate(candidate)
        self._show_token(candidate, token)

    def _show_problem(self, question: str) -> None:
        """The root of a tree: the question, and what the simulations have brought back to it."""
        self.show()
        self.title.setText(tr("The problem").upper())
        self.text.setText(question)
        self.text.show()
        facts = problem_facts(self._state)
        for key in FACTS:
            self.facts.set_shown(key, key in facts)
        self._show_values(facts)
        for widget in (self.bars, self.hint, self.scores, self.opinion, self.prompt_button):
            widget.hide()

    def _show_values(self, values: Mapping[str, str]) -> None:
        for key, value in values.items():
            self.facts.set_value(key, value)

    def _show_candidate(self, candidate: CandidateState) -> None:
        confidence = candidate.mean_logprob
        self.facts.set_value("answer", _answer_words(candidate))
        self.facts.set_value("tokens", numbers.count(len(candidate.tokens)))
        self.facts.set_value("confidence", numbers.UNKNOWN if confidence is None else percent(math.exp(confidence)))
        self.facts.set_value("mix", numbers.UNKNOWN if candidate.mix is None else f"{candidate.mix:.2f}")
        value = path_value(self._state, candidate)
        self.facts.set_value("path", numbers.UNKNOWN if value is None else f"{value:.2f}")
        started, ended = candidate.started_at, candidate.finished_at
        took = ended - started if started is not None and ended is not None else None
        self.facts.set_value("seconds", numbers.seconds(took))
        self.facts.set_value("seed", str(candidate.seed))
        self.facts.set_value("prompt", f"{candidate.cached_tokens:,} + {candidate.computed_tokens:,}")
        lines = [line for name, score in candidate.scores.items() for line in score_lines(name, score)]
        self.scores.setText("\n".join(lines))
        self.scores.setVisible(bool(lines))
        self.opinion.setVisible(self.can_act and PERSON in self._state.weights and candidate.status == "finished")
        rated = candidate.scores.get(PERSON)
        self.opinion.show_value(rated.value if rated is not None else None)
        self.prompt_button.setVisible(candidate.prompt in self._state.prompts)

    def _show_token(self, candidate: CandidateState, token: Token | None) -> None:
        words = tr("Candidate {0}", number(candidate))
        if token is not None:
            words += " · " + tr("token {0}", (self._token or 0) + 1)
            self.text.setText(f"“{visible(token.text)}”")
            self.bars.set_token(token, self.can_act)
            self.hint.setText(tr(TAKE_HINT) if self.can_act else "")
            self.facts.set_value("probability", percent(math.exp(token.logprob)))
            self.facts.set_value("entropy", tr("{0:.2f} nats", token.entropy))
        else:
            words = self._show_chain(candidate) or words
        self.title.setText(words.upper())
        self.text.setVisible(bool(token is not None or self._chain(candidate)))
        self.bars.setVisible(token is not None and bool(token.alternatives))
        self.hint.setVisible(self.can_act and self.bars.isVisibleTo(self))
        for key in TOKEN_FACTS:
            self.facts.set_shown(key, token is not None)
        other = "mix" if makes_tree(self._state) else "path"  # in a search the whole path has a value
        for key in CANDIDATE_FACTS:
            self.facts.set_shown(key, token is None and key != other)
        searched = search_facts(self._state, candidate) if token is None else {}
        for key in SEARCH_FACTS:
            self.facts.set_shown(key, key in searched)
        self._show_values(searched)

    def _chain(self, candidate: CandidateState) -> list[CandidateState]:
        """The thoughts from the problem to this one, where a run searches over them."""
        chain, at = [], candidate if makes_tree(self._state) else None
        while at is not None:
            chain.append(at)
            parent = parent_of(at)
            at = self._state.candidates[parent] if parent is not None else None
        return chain[::-1]

    def _show_chain(self, candidate: CandidateState) -> str:
        """What stands as the title of a thought; empty where there is no chain."""
        chain = self._chain(candidate)
        if not chain:
            return ""
        self.text.setText("\n".join(" ".join(one.text.split()) or "…" for one in chain))
        return tr("Selected thought · depth {0}", len(chain))

    def _build(self) -> None:
        set_role(self.text, "strong")
        close = QToolButton()
        set_icon(close, "x", "muted")
        set_kind(close, "quiet")
        close.setStyleSheet("padding: 1px; min-height: 0; min-width: 0")
        follow_scale(close, lambda: close.setFixedSize(px(22), px(22)))
        close.setToolTip(tr("Selects nothing, and puts the other meters first again."))
        close.setAccessibleName(tr("Close"))
        close.clicked.connect(self._on_close_clicked)
        head = QHBoxLayout()
        head.addWidget(self.title, 1, Qt.AlignmentFlag.AlignTop)  # where the titles of sections stand
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self.text, self.bars, self.hint, self.facts, self.scores, self.opinion, self.prompt_button):
            column.addWidget(widget)
        self.prompt_button.clicked.connect(self._on_prompt_clicked)
        self.bars.chosen.connect(self._on_bars_chosen)
        self.opinion.given.connect(self._on_opinion_given)

    def _on_bars_chosen(self, token: int) -> None:
        if self._candidate is not None and self._token is not None:
            self.act_requested.emit(TakeToken(self._candidate, self._token, token))

    def _on_opinion_given(self, value: float) -> None:
        if self._candidate is not None:
            self.act_requested.emit(RateCandidate(self._candidate, value))

    def _on_close_clicked(self) -> None:
        self.select(self._state, None)
        self.closed.emit()

    def _on_prompt_clicked(self) -> None:
        candidate = self._state.candidates.get(self._candidate) if self._candidate is not None else None
        if candidate is not None:
            self.prompt_requested.emit(candidate.prompt)


__all__ = ["Inspector", "visible"]
