"""The set-up panel as a person uses it: typing, clicking, keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider, QWidget

from engine.lab.problem_sets import load_ladder, make_problem
from engine.setup import Budget, StrategyChoice, VerifierChoice
from engine.strategies.registry import STRATEGIES
from engine.verifiers.registry import VERIFIERS
from tests import sample_run
from tests.widgets.wheel import turn_wheel
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.scale import linear_stops, logarithmic_stops, nearest
from widgets.panels.setting_fields import TextField
from widgets.panels.setup_panel import SetupPanel


@pytest.fixture
def panel(qtbot, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    panel = SetupPanel(STRATEGIES, VERIFIERS, load_ladder(), str(model))
    qtbot.addWidget(panel)
    panel.resize(300, 900)
    panel.show()
    panel.set_setup(replace(sample_run.setup(), load=replace(sample_run.setup().load, path=str(model))))
    return panel


def type_into(qtbot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_set_up_that_is_shown_comes_back_as_it_was(panel):
    given = replace(
        panel.setup(),
        strategy=StrategyChoice("self-consistency", {"n": 12}),
        verifiers=(VerifierChoice("majority", 0.3), VerifierChoice("arithmetic", 0.7)),
        sampling=replace(panel.setup().sampling, temperature=1.15, top_k=7, max_tokens=99, stop=("\n",)),
        budget=Budget(None, 12.0, 5),
        seed=77,
    )
    panel.set_setup(given)
    assert panel.setup() == given


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_question_that_is_restored_is_shown_in_whole_lines_from_the_start(qtbot, tmp_path, times):
    panel = SetupPanel(STRATEGIES, VERIFIERS, load_ladder(), str(tmp_path / "model.gguf"))
    qtbot.addWidget(panel)
    problem = make_problem(" ".join(["Mia has 24 cards, gives away 9, then buys 6 more."] * times), None)
    panel.set_setup(replace(sample_run.setup(), problem=problem))
    panel.resize(300, 900)
    panel.show()
    question = panel.problem.question
    assert question.verticalScrollBar().maximum() == 0
    lines = round(question.document().size().height())
    assert question.viewport().height() >= lines * question.fontMetrics().lineSpacing()


def test_showing_a_set_up_is_not_a_change(panel, qtbot):
    with qtbot.assertNotEmitted(panel.changed):
        panel.set_setup(sample_run.setup(4))


def test_every_strategy_of_the_registry_has_a_button_and_its_settings(panel, qtbot):
    for name, spec in STRATEGIES.items():
        qtbot.mouseClick(panel.strategy.buttons.button(name), Qt.MouseButton.LeftButton)
        assert panel.setup().strategy == StrategyChoice(name, panel.strategy.fields[name].values())
        assert list(panel.strategy.fields[name].fields) == [setting.name for setting in spec.settings]
        assert panel.strategy.fields[name].isVisible() == bool(spec.settings)


def test_a_number_can_be_typed_exactly(panel, qtbot):
    field = panel.strategy.fields["best-of-n"].fields["n"]
    with qtbot.waitSignal(panel.changed):
        type_into(qtbot, field.field, "37")
    assert panel.setup().strategy.settings["n"] == 37


@pytest.mark.parametrize("text", ["0", "-3", "10000000", "lots", "1.5", "nan", "inf", ""])
def test_a_number_of_candidates_that_cannot_be_is_refused_in_words_at_the_field(panel, qtbot, text):
    field = panel.strategy.fields["best-of-n"].fields["n"]
    before = panel.setup()
    type_into(qtbot, field.field, text)
    assert field.error.isVisible()
    assert field.error.text()
    assert panel.setup() == before
    assert not panel.check()


def test_a_temperature_below_zero_is_refused_and_a_good_one_takes_the_error_away(panel, qtbot):
    temperature = panel.sampling.temperature
    type_into(qtbot, temperature.field, "-1")
    assert temperature.error.isVisible()
    type_into(qtbot, temperature.field, "0.9")
    assert not temperature.error.isVisible()
    assert panel.setup().sampling.temperature == 0.9
    assert panel.check()


def test_an_empty_question_is_pointed_at_only_when_it_is_to_be_run(panel):
    panel.problem.question.setPlainText("  \n ")
    assert not panel.problem.error.isVisible()
    assert not panel.check()
    assert panel.problem.error.isVisible()


def test_a_problem_of_the_ladder_brings_its_answer(panel):
    rung = load_ladder()[1]
    panel.problem.question.setPlainText(rung.problems[0].question)
    assert panel.setup().problem.answer == rung.problems[0].answer
    assert rung.title.lower() in panel.problem.picker.words


def test_a_filled_in_answer_does_not_outlive_its_question(panel):
    panel.problem.question.setPlainText(load_ladder()[1].problems[0].question)
    panel.problem.question.setPlainText("Who wrote Faust?")
    assert panel.setup().problem.answer is None


def test_an_answer_that_a_person_typed_stays(panel, qtbot):
    panel.problem.question.setPlainText("Who wrote Faust")
    type_into(qtbot, panel.problem.answer, "Goethe")
    panel.problem.question.setPlainText("Who wrote Faust?")
    assert panel.setup().problem.answer == "Goethe"


@pytest.mark.parametrize("text", ["a\0b", "🧮 2 + 2?", "كم يساوي ٢ + ٢؟", "<|im_end|>", "x" * 20_000])
def test_any_text_can_be_asked(panel, text):
    panel.problem.question.setPlainText(text)
    assert panel.check()
    assert panel.setup().problem.question == panel.problem.question.toPlainText().strip()


def test_the_seed_stays_until_a_new_one_is_asked_for(panel, qtbot):
    assert panel.setup().seed == 1
    with qtbot.waitSignal(panel.changed):
        qtbot.mouseClick(panel.sampling.seed.button, Qt.MouseButton.LeftButton)
    assert panel.sampling.seed.field.text() == str(panel.setup().seed)


@pytest.mark.parametrize("text", ["-1", "two", "1e9", "99999999999999999999", "²"])
def test_a_seed_that_is_no_whole_number_is_refused(panel, qtbot, text):
    type_into(qtbot, panel.sampling.seed.field, text)
    assert panel.sampling.seed.error.isVisible()
    assert panel.setup().seed == 1


def test_a_budget_can_be_switched_off_and_on_again(panel, qtbot):
    panel.budget.tokens.switch.click()
    assert panel.setup().budget.tokens is None
    assert panel.budget.tokens.field.text() == "no limit"
    panel.budget.tokens.switch.click()
    assert panel.setup().budget.tokens == 1200


def test_a_budget_of_nothing_is_refused(panel, qtbot):
    type_into(qtbot, panel.budget.tokens.field, "0")
    assert panel.budget.tokens.error.isVisible()
    assert not panel.check()


def test_a_verifier_is_checked_and_weighed(panel, qtbot):
    row = panel.verifiers.rows["arithmetic"]
    type_into(qtbot, row.weight, "0.5")
    assert VerifierChoice("arithmetic", 0.5) in panel.setup().verifiers
    row.check.click()
    assert all(choice.name != "arithmetic" for choice in panel.setup().verifiers)


def test_a_weight_goes_up_and_down_with_the_arrow_keys_and_stops_at_its_bounds(panel, qtbot):
    weight = panel.verifiers.rows["arithmetic"].weight
    for _ in range(12):
        qtbot.keyClick(weight, Qt.Key.Key_Up)
    assert weight.value() == 1.0
    for _ in range(12):
        qtbot.keyClick(weight, Qt.Key.Key_Down)
    assert weight.value() == 0.1


def test_the_settings_of_a_verifier_are_shown_when_it_is_checked_and_go_into_the_set_up(panel, qtbot):
    row = panel.verifiers.rows["code-execution"]
    assert not row.fields.isVisible()
    qtbot.mouseClick(row.check, Qt.MouseButton.LeftButton, pos=row.check.rect().center())
    row.fields.fields["tests"].edit.setPlainText("double(2) == 4")
    assert row.fields.isVisible()
    assert VerifierChoice("code-execution", 1.0, {"tests": "double(2) == 4"}) in panel.setup().verifiers


@pytest.mark.parametrize("name", ["code-execution", "user-function"])
def test_the_example_of_a_verifier_is_seen_whole(panel, qtbot, name):
    row = panel.verifiers.rows[name]
    row.check.click()
    [field] = [field for field in row.fields.fields.values() if isinstance(field, TextField)]
    qtbot.waitUntil(lambda: field.edit.height() == field.edit.sizeHint().height())
    assert field.edit.verticalScrollBar().maximum() == field.edit.horizontalScrollBar().maximum() == 0


def test_a_strategy_that_does_not_choose_by_verifiers_says_so(panel):
    assert not panel.verifiers._note.isVisible()
    panel.strategy.buttons.button("self-consistency").click()
    assert panel.verifiers._note.isVisible() != STRATEGIES["self-consistency"].uses_verifiers


@pytest.mark.parametrize("path", ["/nowhere/model.gguf", "a\0b.gguf"])
def test_a_model_file_that_is_not_there_is_pointed_at(panel, qtbot, path):
    panel.model.set_path(path)
    assert panel.model.error.isVisible()
    assert not panel.check()


def test_the_simulated_and_the_default_model_can_be_found_and_chosen(panel, tmp_path):
    actions = {action.text(): action for action in panel.model.browse.menu().actions()}
    actions["Simulated model"].trigger()
    assert panel.setup().load.path == "simulated"
    assert panel.check()
    assert "simulated" in panel.model.path.toolTip()
    actions["The default model"].trigger()
    assert panel.setup().load.path == str(tmp_path / "model.gguf")


def test_a_folder_is_not_a_model(panel, tmp_path):
    panel.model.set_path(str(tmp_path))
    assert "folder" in panel.model.error.text()


@pytest.mark.parametrize(("text", "layers"), [("all", -1), ("0", 0), ("12", 12)])
def test_layers_on_the_gpu_are_all_or_a_number(panel, qtbot, text, layers):
    type_into(qtbot, panel.model.layers.field, text)
    assert panel.setup().load.n_gpu_layers == layers


def test_every_control_teaches_and_has_a_name(panel):
    controls = [w for w in panel.findChildren(QWidget) if isinstance(w, QAbstractButton | QLineEdit | QSlider)]
    assert len(controls) > 30
    for control in controls:
        assert control.toolTip(), control
        assert control.accessibleName() or control.text(), control


def test_the_wheel_scrolls_the_panel_and_never_a_value(panel, qtbot):
    panel.model.folded.button.click()
    before, scroll = panel.setup(), panel.verticalScrollBar()
    controls = [w for w in panel.findChildren(QWidget) if isinstance(w, QComboBox | QAbstractSpinBox | QSlider)]
    seen = [control for control in controls if control.isVisible()]
    assert {QComboBox, QSlider} <= {kind for control in seen for kind in type(control).__mro__}
    for control in seen:
        panel.ensureWidgetVisible(control)
        control.setFocus()
        before_turn = scroll.value()
        turn_wheel(control)
        assert scroll.value() > before_turn or scroll.value() == scroll.maximum(), control
    assert panel.setup() == before


@given(st.integers(-100, 1000), st.integers(1, 100_000), st.booleans())
def test_the_stops_of_a_linear_slider_rise_from_bound_to_bound(minimum, span, whole):
    stops = linear_stops(minimum, minimum + span, whole)
    assert (stops[0], stops[-1]) == (minimum, minimum + span)
    assert all(a < b for a, b in pairwise(stops))
    assert len(stops) <= 130


@given(st.integers(0, 20), st.integers(60, 2_000_000))
def test_the_stops_of_a_logarithmic_slider_are_few_round_numbers(minimum, maximum):
    stops = logarithmic_stops(minimum, maximum)
    assert (stops[0], stops[-1]) == (minimum, maximum)
    assert all(a < b and float(b).is_integer() for a, b in pairwise(stops))
    assert len(stops) <= 90


@given(st.integers(1, 1024))
def test_the_nearest_stop_is_the_nearest(value):
    stops = logarithmic_stops(1, 1024)
    found = stops[nearest(stops, value)]
    assert abs(found - value) == min(abs(stop - value) for stop in stops)


def test_a_typed_value_between_two_stops_is_kept(qtbot):
    slider = LabelledSlider("Candidates", "How many.", 1, 1024, 16, whole=True)
    qtbot.addWidget(slider)
    slider.set_value(37)
    assert slider.value() == 37


def test_enter_in_the_path_loads_a_model_that_is_there_and_no_other(panel, qtbot, tmp_path):
    model = panel.model
    model.path.setText(str(tmp_path / "missing.gguf"))
    with qtbot.assertNotEmitted(model.load_requested):
        qtbot.keyClick(model.path, Qt.Key.Key_Return)
    (tmp_path / "there.gguf").touch()
    model.path.setText(str(tmp_path / "there.gguf"))
    with qtbot.waitSignal(model.load_requested):
        qtbot.keyClick(model.path, Qt.Key.Key_Return)


def test_a_budget_too_small_for_so_many_candidates_says_so(panel, qtbot):
    assert not panel.budget._note.isVisible()
    type_into(qtbot, panel.strategy.fields["best-of-n"].fields["n"].field, "256")
    assert panel.budget._note.text() == "About 4 tokens for each candidate: most will be stopped."
    assert panel.budget._note.isVisible()
    panel.budget.tokens.switch.click()
    assert not panel.budget._note.isVisible()


def test_fields_that_nobody_has_seen_do_not_exist_and_keep_what_they_were_given(panel):
    unseen = {name: fields for name, fields in panel.strategy.fields.items() if not fields._fields}
    assert len(unseen) > 8
    fields = panel.strategy.fields["mcts"]
    fields.set_values({"simulations": 48, "no such setting": 1})
    assert fields.values() == {"simulations": 48}
    assert not fields._fields
    assert fields.fields["simulations"].value() == 48
    assert fields.values() == {"simulations": 48}
