"""Every view of the whole window with the real model behind it, by click, type and key."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import fmean

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, Value, VerifierChoice
from engine.trace.standings import standings_of
from engine.types import Problem
from engine.what_if.pool import WhatIfPool
from engine.what_if.request import WhatIf
from tests.app.whole_desk import CONTROL, LONGEST_MS, WholeDesk, choose, click, token_seen, type_over, whole_desk
from widgets.models.candidate_words import is_branch
from widgets.panels.history_model import RUN

QUESTION, ANSWER = "What is 7 x 8?", "56"
CHECKED = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))
TOKENS = 16


@pytest.fixture(scope="module")
def opened(
    qapp: object, default_model: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[WholeDesk, LoadOptions]]:
    """One window for all tests here, so that the model is loaded once."""
    # One thread: two wait for each other, and long where other programs have the cores.
    load = LoadOptions(default_model, n_threads=1, safe_mode=True)
    with whole_desk(tmp_path_factory.mktemp("live")) as desk:
        desk.load(load)
        yield desk, load


@pytest.fixture
def desk(opened: tuple[WholeDesk, LoadOptions], qtbot: QtBot) -> WholeDesk:
    """The window at rest on its stage, with the set-up that every test begins with."""
    desk, load = opened
    qtbot.waitUntil(lambda: desk.controller.activity == "idle", timeout=LONGEST_MS)
    desk.panel.set_setup(
        RunSetup(
            problem=Problem(QUESTION, ANSWER, "multiplication"),
            strategy=StrategyChoice("direct"),
            verifiers=CHECKED,
            sampling=replace(DEFAULT_SAMPLING, max_tokens=TOKENS),
            budget=Budget(tokens=800, seconds=60.0),
            load=load,
            seed=1,
        )
    )
    qtbot.keyClick(desk.window, Qt.Key.Key_1, CONTROL)
    return desk


def choose_strategy(desk: WholeDesk, qtbot: QtBot, name: str, **settings: Value) -> None:
    """Clicks on a strategy and types into its fields; what is folded away or no number is set without hands."""
    section = desk.panel.strategy
    typed = {"n", "simulations", "rounds", "children"}
    section.set_choice(StrategyChoice(name, {key: value for key, value in settings.items() if key not in typed}))
    click(qtbot, section.buttons.button(name))
    for key in typed & settings.keys():
        type_over(qtbot, section.fields[name].fields[key].field, str(settings[key]))
    assert section.choice() == StrategyChoice(name, settings)


def press_run(desk: WholeDesk, qtbot: QtBot) -> None:
    """Presses Run, and waits for the first words."""
    before = desk.controller.live
    click(qtbot, desk.window.toolbar.run_button)
    assert desk.controller.live is not before
    qtbot.waitUntil(lambda: bool(desk.state.rate_samples), timeout=LONGEST_MS)


def wait_for_end(desk: WholeDesk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: desk.is_done, timeout=LONGEST_MS)


def run(desk: WholeDesk, qtbot: QtBot, name: str, **settings: Value) -> None:
    """A whole run of a strategy."""
    choose_strategy(desk, qtbot, name, **settings)
    press_run(desk, qtbot)
    wait_for_end(desk, qtbot)


def test_cards_grow_on_the_ladder_and_another_token_grows_a_branch_beside_it(desk: WholeDesk, qtbot: QtBot) -> None:
    type_over(qtbot, desk.panel.problem.question, "Name three animals. Say one thing about each of them.")
    choose_strategy(desk, qtbot, "direct")
    ladder, grown = desk.stage.ladder.ladder, list[tuple[int, int]]()

    def note() -> None:
        if desk.stage.shows_ladder and ladder.candidate is not None:
            grown.append((ladder.thought_count, len(ladder.candidate.tokens)))

    desk.controller.frame_ready.connect(note)
    press_run(desk, qtbot)
    wait_for_end(desk, qtbot)
    desk.controller.frame_ready.disconnect(note)
    assert desk.state.start is not None
    assert desk.state.start.setup.problem.question.startswith("Name three animals.")
    assert grown == sorted(grown)
    assert len({tokens for _, tokens in grown}) > 3
    assert grown[-1][0] >= 1

    place, at = token_seen(ladder, lambda place: len(place.token.alternatives) > 1 and place.index > 0)
    qtbot.mouseMove(ladder.viewport(), at)
    qtbot.waitUntil(lambda: ladder.popup.token is place.token)
    assert place.token.text.strip() in ladder.popup.accessibleDescription()
    click(qtbot, ladder.viewport(), at)
    inspector = desk.meters.inspector
    assert f"TOKEN {place.index + 1}" in inspector.title.text()
    assert {row.alternative.id for row in inspector.bars.rows} >= {other.id for other in place.token.alternatives}
    row = next(row for row in inspector.bars.rows if row.isEnabled())
    click(qtbot, row)
    qtbot.waitUntil(lambda: len(desk.stage.ladder.columns) == 2 and desk.is_done, timeout=LONGEST_MS)
    branch = next(c for c in desk.state.candidates.values() if is_branch(c))
    assert (branch.parent, branch.kept) == (place.candidate, place.index)
    assert desk.stage.ladder.columns[1].ladder.shows(branch.id)
    assert desk.stage.ladder.columns[1].title.isVisible()
    assert branch.prefix.startswith(row.alternative.text) or branch.tokens[0].id == row.alternative.id


def test_lanes_are_sorted_filtered_and_looked_at_one_by_one(desk: WholeDesk, qtbot: QtBot) -> None:
    run(desk, qtbot, "best-of-n", n=3)
    lanes, candidates = desk.stage.lanes, desk.state.candidates
    assert lanes.isVisible()
    assert lanes.order == [0, 1, 2]

    choose(qtbot, desk.stage.sort_button, lambda words: words == "By score")
    mixes = [candidates[candidate].mix or 0.0 for candidate in lanes.order]
    assert mixes == sorted(mixes, reverse=True)
    choose(qtbot, desk.stage.sort_button, lambda words: words == "By number")
    assert lanes.order == [0, 1, 2]

    choose(qtbot, desk.stage.filter_button, lambda words: words == "Only those that are wrong")
    assert lanes.order == [c.id for c in candidates.values() if c.correct is False]
    choose(qtbot, desk.stage.filter_button, lambda words: words == "All candidates")
    assert lanes.order == [0, 1, 2]
    qtbot.waitUntil(lambda: not lanes.waiting)

    foot = lanes.lane_rect(1)
    click(qtbot, lanes.viewport(), QPoint(foot.center().x(), foot.bottom() - 6))
    assert lanes.selected == 1
    assert "CANDIDATE 2" in desk.meters.inspector.title.text()
    qtbot.keyClick(lanes, Qt.Key.Key_Right)
    assert lanes.selected == 2
    assert "CANDIDATE 3" in desk.meters.inspector.title.text()
    assert desk.meters.inspector.facts.value("tokens") == str(len(candidates[2].tokens))
    qtbot.keyClick(lanes, Qt.Key.Key_Escape)
    assert lanes.selected is None


def test_a_refinement_shows_two_drafts_and_what_the_second_was_worth(desk: WholeDesk, qtbot: QtBot) -> None:
    """Something is found wrong with whatever is written, so that there is a revision."""
    longer = VerifierChoice("constraints", 1.0, {"where": "text", "shortest": "1000"})
    desk.panel.set_setup(replace(desk.panel.setup(), verifiers=(longer,)))
    run(desk, qtbot, "self-refine", rounds=1)
    chain = desk.stage.chain
    assert desk.stage.shows_chain
    drafts = [link for link in chain.links if link.is_draft]
    assert [link.title for link in drafts] == ["Draft", "Revision 1"]
    assert [link.score for link in drafts] == [0.0, 0.0]
    assert drafts[1].change == "same"
    first, second = (
        chain.column_rect(place).translated(chain.horizontalScrollBar().value(), 0)
        for place, link in enumerate(chain.links)
        if link.is_draft
    )
    assert first.right() < second.left()
    assert all(word in chain.accessibleDescription() for word in ("Draft", "Critique 1", "Revision 1"))
    qtbot.keyClick(chain, Qt.Key.Key_End)
    assert chain.selected == len(chain.links) - 1
    assert desk.meters.inspector.facts.value("tokens") == str(len(desk.state.candidates[drafts[1].candidate].tokens))


def test_a_thought_of_a_search_is_found_by_keys_explained_and_pruned(desk: WholeDesk, qtbot: QtBot) -> None:
    run(desk, qtbot, "mcts", simulations=4, children=2, at_once=2)
    assert desk.stage.shows_tree
    view, inspector, selection = desk.stage.tree.view, desk.meters.inspector, desk.meters.selection
    qtbot.keyClick(view, Qt.Key.Key_Home)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    node = view.selected_candidate
    assert node is not None
    thought = desk.state.candidates[node]
    assert " ".join(thought.text.split()) in inspector.text.text()
    assert "DEPTH 1" in inspector.title.text()

    standing = standings_of(desk.state, node)
    assert standing is not None
    row = next(row for row in standing.rows if row.candidate == node)
    merit = thought.value_sum / thought.visits + 1.4 * math.sqrt(math.log(1 + desk.state.simulations) / thought.visits)
    assert row.merit == pytest.approx(merit)
    assert f"= {merit:.2f}" in selection.formula.accessibleDescription()
    assert f"{merit:.2f}" in selection.formula.text()

    slider = selection.slider.slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert selection.note.text().startswith("WHAT-IF: with c = 4.00 instead of 1.40")
    assert "4.00" in selection.formula.text()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert f"{thought.value_sum / thought.visits:.2f} + 0.00" in selection.formula.accessibleDescription()
    assert desk.state.start is not None
    assert desk.state.start.setup.strategy.settings.get("exploration", 1.4) == 1.4  # the run keeps its own

    qtbot.keyClick(view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: bool(desk.state.candidates[node].pruned) and desk.is_done, timeout=LONGEST_MS)
    after = standings_of(desk.state, node)
    assert after is not None
    assert after.chosen != node


def test_the_meters_end_with_what_the_ledger_says(desk: WholeDesk, qtbot: QtBot) -> None:
    run(desk, qtbot, "self-consistency", n=3)
    state, ledger, meters = desk.state, desk.state.ledger, desk.meters
    written = sum(len(c.tokens) for c in state.candidates.values())
    assert ledger.completion_tokens == written > 0
    qtbot.waitUntil(lambda: meters.cost.rows.value("generated") == f"{written:,}")
    qtbot.waitUntil(lambda: not meters._timer.isActive())
    rows = meters.cost.rows
    assert rows.value("prompt") == f"{ledger.prompt_tokens:,}"
    assert rows.value("cached") == f"{ledger.cached_tokens:,}" != "0"
    assert rows.value("verifier") == "0"
    assert meters.budget.tokens.words.text() == f"{written:,} of 800"

    steps = [sample for sample in state.rate_samples if sample[1]]
    before = [t for t, tokens, _ in state.rate_samples if not tokens and t < steps[0][0]]
    began = before[-1] if before else steps[0][0] - steps[0][2]
    assert meters.speed.rate.text() == f"{written / (state.rate_samples[-1][0] - began):,.0f}"
    assert f"first token after {ledger.first_token_at:.2f} s" in meters.speed.words.text()

    done = list(state.candidates.values())
    generate = fmean(c.finished_at - c.started_at for c in done)
    verify = fmean(sum(verdict.seconds for verdict in c.verdicts.values()) for c in done)
    assert meters.latency.rows.value("generate") == f"{generate:.2f} s"
    assert meters.latency.rows.value("verify") == f"{verify:.2f} s"
    waited = fmean(c.started_at - c.queued_at for c in done)
    shown = sum(float(meters.latency.rows.value(key).split()[0]) for key in ("queue", "prompt"))
    assert shown == pytest.approx(waited, abs=0.011)


def test_a_what_if_says_what_the_engine_says_and_is_made_real(desk: WholeDesk, qtbot: QtBot) -> None:
    run(desk, qtbot, "best-of-n", n=3)
    assert desk.state.start is not None
    asked = WhatIf.of(desk.state.start.setup).with_candidates(2)
    outlook = WhatIfPool(desk.state).ask(asked)
    bar = desk.stage.what_if
    assert not bar.is_open
    qtbot.keyClick(desk.window, Qt.Key.Key_I, CONTROL)
    assert bar.is_open
    assert bar.badge.isVisible()
    assert "WHAT-IF" in bar.badge.accessibleName().upper()
    assert bar.candidates is not None
    type_over(qtbot, bar.candidates.field, "2")
    qtbot.waitUntil(lambda: "2 candidates" in bar.figures.text())
    answer = "no answer" if outlook.answer is None else outlook.answer
    assert bar.verdict.text().startswith(answer)
    assert bar.verdict.text().endswith({True: "right", False: "wrong", None: ""}[outlook.correct])
    assert bar.figures.text().startswith(f"{outlook.completion_tokens:,} tokens")
    assert outlook.reason in bar.notes.text()
    assert desk.stage.lanes.aside == {2}

    before = desk.controller.live
    click(qtbot, bar.real)
    assert desk.controller.live is not before
    qtbot.waitUntil(lambda: desk.is_done and desk.state.start.setup.strategy.settings.get("n") == 2, timeout=LONGEST_MS)
    assert len(desk.state.candidates) == 2
    qtbot.keyClick(desk.window, Qt.Key.Key_I, CONTROL)
    assert not bar.is_open


def test_two_set_ups_race_on_one_question_and_are_judged(desk: WholeDesk, qtbot: QtBot) -> None:
    view, race = desk.window.compare.view, desk.window.compare.race
    qtbot.keyClick(desk.window, Qt.Key.Key_2, CONTROL)
    assert view.isVisible()
    choose_strategy(desk, qtbot, "self-consistency", n=2)
    click(qtbot, view.empty.add_button)
    choose_strategy(desk, qtbot, "direct")
    click(qtbot, view.add_button)
    assert [column.title.text for column in view.columns] == ["Self-consistency", "Direct answer"]
    click(qtbot, view.race_button)
    qtbot.waitUntil(lambda: not race.going, timeout=LONGEST_MS)
    assert [entry.status for entry in race.entries] == ["ended", "ended"]
    for column in view.columns:
        start = column.stage.state.start
        assert start is not None
        assert start.setup.problem.question == QUESTION
        assert column.stage.state.status == "finished"
        assert column.stage.isVisible()
    right = {letter for letter, entry in zip("AB", race.entries, strict=True) if entry.state.answer.correct}
    said = view.verdict.text()
    assert ("None of them is right" in said) == (not right)
    assert all(letter in said for letter in right)
    qtbot.keyClick(desk.window, Qt.Key.Key_1, CONTROL)


def test_a_moment_before_is_looked_at_while_the_run_goes_on(desk: WholeDesk, qtbot: QtBot) -> None:
    setup = desk.panel.setup()
    longer = replace(setup.sampling, max_tokens=400, min_tokens=400)
    desk.panel.set_setup(replace(setup, sampling=longer, budget=Budget()))
    choose_strategy(desk, qtbot, "best-of-n", n=4)
    press_run(desk, qtbot)
    player, timeline = desk.controller.player, desk.timeline
    qtbot.waitUntil(lambda: desk.state.ledger.completion_tokens > 60, timeout=LONGEST_MS)
    assert "LIVE" in timeline.clock.text()
    assert not timeline.live_button.isVisible()

    track = timeline.scrubber
    click(qtbot, track, QPoint(round(track.width() * 0.6), track.height() // 2))
    earlier, known = desk.state.events, len(player)
    assert earlier < known
    assert timeline.live_button.isVisible()
    assert "LIVE" not in timeline.clock.text()
    qtbot.waitUntil(lambda: len(player) > known + 3, timeout=LONGEST_MS)
    assert desk.controller.activity == "running"
    assert desk.state.events == earlier
    assert not desk.stage.can_act

    click(qtbot, timeline.live_button)
    assert desk.state.events > known
    assert not timeline.live_button.isVisible()
    qtbot.waitUntil(lambda: desk.state.events > known + 6, timeout=LONGEST_MS)
    qtbot.keyClick(desk.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: desk.controller.activity == "idle", timeout=LONGEST_MS)
    assert desk.state.finish is not None
    assert desk.state.finish.outcome == "stopped"


def test_a_run_is_found_again_named_starred_deleted_put_back_and_played(desk: WholeDesk, qtbot: QtBot) -> None:
    question = "What is 123 + 321?"
    type_over(qtbot, desk.panel.problem.question, question)
    run(desk, qtbot, "direct")
    recorded, tokens = desk.controller.live.run_id, desk.state.ledger.completion_tokens
    history, table = desk.window.history, desk.window.history.table

    def listed() -> list[str]:
        return [row.info.question for row in history.listed()]

    qtbot.keyClick(desk.window, Qt.Key.Key_3, CONTROL)
    qtbot.waitUntil(lambda: question in listed())
    qtbot.keyClick(history, Qt.Key.Key_F, CONTROL)
    qtbot.keyClicks(history.search, "123 + 321")
    assert listed() == [question]
    assert history.listed()[0].info.run_id == recorded
    table.setFocus()
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    type_over(qtbot, editor, "mine: 123 + 321")
    qtbot.waitUntil(lambda: history.shown.index(0, RUN).data() == "mine: 123 + 321")
    qtbot.keyClick(table, Qt.Key.Key_S)
    click(qtbot, history.kinds.button("starred"))
    assert listed() == [question]

    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: listed() == [])
    assert history.undo_bar.isVisible()
    qtbot.keyClick(history, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: listed() == [question])
    assert history.shown.index(0, RUN).data() == "mine: 123 + 321"  # its name and its star came back with it

    table.setFocus()
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.controller.label == "RECORDED" and desk.state.start is not None)
    assert desk.stage.isVisible()
    assert desk.state.start is not None
    assert desk.state.start.run_id == recorded
    click(qtbot, desk.timeline.speeds.button("16"))
    qtbot.waitUntil(lambda: not desk.controller.playing and desk.controller.player.at_end, timeout=LONGEST_MS)
    assert desk.state.ledger.completion_tokens == tokens
    click(qtbot, desk.timeline.speeds.button("1"))
