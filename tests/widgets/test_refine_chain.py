"""The refine chain as a person uses it: columns that grow, words that change, a verdict at every step."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.events import AnyEvent, RunFailed, StrategyMoved, TokensDecoded
from engine.moves import DraftJudged, LoopEnded
from engine.trace.fold import RunState, fold
from tests.simulated_runs import make_setup, simulated_events
from widgets.models.refine_chain import chain_links, end_reason, makes_chain
from widgets.models.word_changes import word_changes
from widgets.refine.view import RefineChainView
from widgets.stage.stage_view import StageView


def refine_events() -> list[AnyEvent]:
    setup = make_setup("self-refine", critique="both", rounds=3, stop_when_not_better=False)
    return simulated_events(setup)


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return refine_events()


@pytest.fixture
def state(events: list[AnyEvent]) -> RunState:
    return fold(events)


@pytest.fixture
def chain(qtbot: QtBot, state: RunState) -> RefineChainView:
    view = RefineChainView()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    qtbot.waitExposed(view)
    view.set_state(state)
    return view


def with_scores(events: list[AnyEvent], *scores: float | None) -> list[AnyEvent]:
    """The same run, had its drafts got these scores."""
    waiting, changed = list(scores), []
    for event in events:
        if isinstance(event, StrategyMoved) and isinstance(event.move, DraftJudged) and waiting:
            move = event.move
            event = StrategyMoved(event.t, DraftJudged(move.round, move.draft, waiting.pop(0), move.findings))
        changed.append(event)
    return changed


# What the words of the diff are


def test_added_and_removed_words_are_found_where_they_stand() -> None:
    changes = word_changes("She has 24 cards and 9 more.", "She has 15 cards and 9 more today.")
    after = "She has 15 cards and 9 more today."
    assert [after[first:last] for first, last in changes.added] == ["15", "more today."]
    assert changes.removed == ((8, "24"), (23, "more."))
    assert (changes.words_added, changes.words_removed, changes.words_kept) == (3, 2, 5)


def test_a_sentence_that_was_written_anew_is_one_change_and_not_a_dozen() -> None:
    changes = word_changes("Twelve is the sum of all.", "Nothing is known about any of them.")
    assert len(changes.removed) == 1
    assert len(changes.added) == 1


def test_equal_texts_and_empty_ones_have_no_changes() -> None:
    assert word_changes("a b", "a b").added == word_changes("a b", "a b").removed == ()
    assert word_changes("", "a b").words_added == 2
    assert word_changes("a b", "").removed == ((0, "a b"),)


# What the columns are


def test_a_refinement_is_shown_as_a_chain(qtbot: QtBot, state: RunState) -> None:
    assert makes_chain(state)
    stage = StageView()
    qtbot.addWidget(stage)
    stage.set_state(state, "recorded")
    assert stage.shows_chain


def test_drafts_and_critiques_alternate_and_know_what_they_are_about(state: RunState) -> None:
    links = chain_links(state)
    assert [link.kind for link in links[:3]] == ["draft", "critique", "revision"]
    assert links[1].about == links[0].candidate
    assert links[2].about == links[0].candidate
    assert sum(link.best for link in links) == 1
    assert end_reason(state)


def test_verifiers_findings_have_a_column_of_their_own_where_no_model_criticises() -> None:
    setup = make_setup("self-refine", critique="verifiers", rounds=2, stop_when_not_better=False)
    state = fold(simulated_events(setup, {"47 + 35 = 72. The answer is 72.": 1.0}))
    links = chain_links(state)
    critiques = [link for link in links if link.kind == "critique"]
    assert critiques
    assert all(link.candidate is None and link.findings for link in critiques)


@pytest.mark.parametrize(
    ("scores", "word"),
    [((0.2, 0.8), "better"), ((0.8, 0.2), "worse"), ((0.5, 0.5), "same"), ((0.5, None), "unknown")],
)
def test_a_revision_says_whether_it_is_better(
    events: list[AnyEvent], scores: tuple[float | None, ...], word: str
) -> None:
    links = chain_links(fold(with_scores(events, *scores)))
    revision = next(link for link in links if link.kind == "revision")
    assert revision.change == word
    assert (revision.score_before, revision.score) == scores


# The view


def test_a_finished_revision_marks_its_changes_and_every_word_stays_in_place(chain: RefineChainView) -> None:
    revised = [column for column in chain.columns if column.link.kind == "revision"]
    assert revised
    for column in revised:
        assert column.changes is not None
        assert column.candidate is not None
        assert column.flow.token_count == len(column.candidate.tokens)
        gone = "".join(f.text for f in column.flow.fragments if f.token < 0)
        assert gone.replace(" ", "") == "".join(words for _, words in column.changes.removed).replace(" ", "")


def test_growing_event_by_event_gives_the_chain_that_the_whole_run_gives(
    qtbot: QtBot, events: list[AnyEvent], chain: RefineChainView
) -> None:
    view, growing = RefineChainView(), RunState()
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    view.set_state(growing)
    for event in events:
        growing.apply(event)
        view.refresh(set(growing.changed))
        growing.changed.clear()
        if not isinstance(event, TokensDecoded):
            view.grab()
    assert view.links == chain.links
    assert [c.flow.fragments for c in view.columns] == [c.flow.fragments for c in chain.columns]
    qtbot.waitUntil(lambda: [c.area for c in view.columns] == [c.area for c in chain.columns])


def test_every_moment_of_a_replay_can_be_shown(chain: RefineChainView, events: list[AnyEvent]) -> None:
    for end in range(0, len(events), 7):
        chain.set_state(fold(events[:end]))
        chain.grab()


def test_a_text_that_is_being_written_is_only_added_to(chain: RefineChainView, events: list[AnyEvent]) -> None:
    first = next(i for i, event in enumerate(events) if isinstance(event, TokensDecoded))
    state = fold(events[: first + 1])
    chain.set_state(state)
    column = chain.columns[0]
    state.changed.clear()
    state.apply(events[first + 1])
    chain.refresh(state.changed)
    assert chain.columns[0] is column
    assert column.flow.token_count == 2


def test_a_click_on_a_column_selects_its_candidate_and_beside_it_selects_nothing(
    chain: RefineChainView, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(chain.candidate_selected) as selected:
        foot = chain.column_rect(1).bottomLeft() + QPoint(20, -20)
        QTest.mouseClick(chain.viewport(), Qt.MouseButton.LeftButton, pos=foot)
    assert selected.args == [chain.links[1].candidate]
    with qtbot.waitSignal(chain.candidate_selected) as selected:
        beside = chain.column_rect(1).topRight() + QPoint(8, 8)
        QTest.mouseClick(chain.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    assert selected.args == [-1]


def test_left_and_right_go_from_column_to_column_and_bring_it_into_view(chain: RefineChainView) -> None:
    chain.setFocus()
    QTest.keyClick(chain, Qt.Key.Key_Right)
    assert chain.selected == 0
    for _ in chain.links:
        QTest.keyClick(chain, Qt.Key.Key_Right)
    assert chain.selected == len(chain.links) - 1
    assert chain.viewport().rect().contains(chain.column_rect(chain.selected).center())
    QTest.keyClick(chain, Qt.Key.Key_Left)
    assert chain.selected == len(chain.links) - 2
    QTest.keyClick(chain, Qt.Key.Key_Home)
    assert chain.selected == 0
    QTest.keyClick(chain, Qt.Key.Key_Escape)
    assert chain.selected is None


def test_a_screen_reader_hears_the_columns_the_verdicts_and_the_end(chain: RefineChainView, state: RunState) -> None:
    words = chain.accessibleDescription()
    assert chain.accessibleName() == "Drafts and critiques"
    for part in ("Draft", "Critique 1", "Revision 1", "words added", "the best", end_reason(state)):
        assert part in words


def test_a_token_can_be_pointed_at_and_clicked(chain: RefineChainView, qtbot: QtBot) -> None:
    column = chain.columns[0]
    at = (column.text_origin + column.flow.rect(column.flow.fragments[0]).center()).toPoint()
    place = chain.token_place(at)
    assert place is not None
    assert (place.candidate, place.index) == (column.link.candidate, 0)
    with qtbot.waitSignal(chain.token_clicked) as clicked:
        QTest.mouseClick(chain.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert clicked.args == [column.link.candidate, 0]


def test_an_empty_and_a_failed_run_say_so(chain: RefineChainView, events: list[AnyEvent]) -> None:
    chain.set_state(RunState())
    assert chain.accessibleDescription() == "No draft yet."
    chain.grab()
    chain.set_state(fold([*events[:30], RunFailed(9.0, "The model is gone.", "", "")]))
    assert "The model is gone." in chain.accessibleDescription()


def test_the_reason_of_the_loop_is_the_end(events: list[AnyEvent], state: RunState) -> None:
    ended = [e.move.reason for e in events if isinstance(e, StrategyMoved) and isinstance(e.move, LoopEnded)]
    assert end_reason(state) == ended[-1]


def test_a_critique_stands_below_its_draft_and_the_end_below_the_last_one(chain: RefineChainView) -> None:
    for place, link in enumerate(chain.links):
        if link.kind == "critique":
            draft, critique = chain.column_rect(place - 1), chain.column_rect(place)
            assert critique.left() == draft.left()
            assert critique.top() > draft.bottom()
    drafts = [chain.column_rect(place) for place, link in enumerate(chain.links) if link.is_draft]
    assert all(one.right() < other.left() for one, other in itertools.pairwise(drafts))


def test_a_low_window_has_smaller_type_rather_than_a_scroll_bar(chain: RefineChainView) -> None:
    sizes = []
    for height in (900, 470):
        chain.resize(1400, height)
        sizes.append(chain.columns[0].flow.metrics.font.pixelSize())
        assert chain.verticalScrollBar().maximum() == 0
    assert sizes[0] > sizes[1]
