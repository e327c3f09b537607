"""The window at every size of type: nothing is cut, everything can be reached at 1280 x 800."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.appearance import TEXT_SIZES
from tests.app.test_main_window import Desk, desk, finish, start
from widgets.panels.labelled_slider import LabelledSlider

__all__ = ["desk"]


def enlarge(desk: Desk, qtbot, size: float) -> None:
    desk.window.appearance.set_text_size(size)
    desk.window.resize(1280, 800)
    desk.window.meters.update_now()
    qtbot.wait(350)  # sections have unfolded, layouts have settled


def test_the_window_fits_a_small_screen_and_panels_need_no_scrolling_sideways(desk, qtbot):
    start(desk, qtbot, 60)
    finish(desk, qtbot, 60)
    for size in TEXT_SIZES:
        enlarge(desk, qtbot, size)
        assert (desk.window.width(), desk.window.height()) == (1280, 800), size
        bar = desk.window.toolbar
        for button in (bar.run_button, bar.pause_button, bar.stop_button, bar.theme_button, bar.more_button):
            assert button.isVisible()
            assert QRect(QPoint(), bar.size()).contains(button.geometry()), button.accessibleName()
        for widget in (desk.window.timeline.scrubber, desk.window.timeline.clock, desk.window.timeline.speeds):
            assert desk.window.timeline.rect().contains(widget.geometry())
        for panel in (desk.window.setup_panel, desk.window.meters):
            assert panel.widget().minimumSizeHint().width() <= panel.viewport().width(), (size, panel.accessibleName())


@pytest.mark.parametrize("size", [1.0, 1.5, 2.0])
def test_no_label_or_button_is_lower_or_narrower_than_its_words(desk, qtbot, size):
    start(desk, qtbot, 60)
    enlarge(desk, qtbot, size)
    assert [words for panel in (desk.window.setup_panel, desk.window.meters) for words in cut_words(panel)] == []
    assert cut_words(desk.window.timeline) == []


def cut_words(panel: QWidget) -> list[str]:
    """The words of all visible labels and buttons of a panel that have less room than they need."""
    cut = []
    for widget in panel.findChildren(QWidget):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.isVisible() or not widget.text():
            continue
        text, metrics = widget.text().strip(), widget.fontMetrics()
        wraps = isinstance(widget, QLabel) and (widget.wordWrap() or "\n" in text or "<" in text)
        if widget.height() < metrics.height() or (not wraps and widget.width() < metrics.horizontalAdvance(text)):
            cut.append(f"{text}: {widget.size().toTuple()} for {metrics.horizontalAdvance(text)} x {metrics.height()}")
    return cut


def test_fields_grow_and_shrink_with_type(desk, qtbot):
    slider = desk.window.setup_panel.findChild(LabelledSlider)
    widths = []
    for size in (1.0, 2.0, 1.0):
        enlarge(desk, qtbot, size)
        widths.append((slider.field.width(), desk.window.setup_dock.width()))
    assert widths[1][0] == 2 * widths[0][0]
    assert widths[0] == widths[2]
    assert widths[1][1] > widths[0][1]


def test_a_window_opens_at_the_size_that_was_chosen(qtbot, tmp_path):
    first = Desk(tmp_path)
    first.window.appearance.set_text_size(1.5)
    first.window.close()
    first.window.appearance.set_presenting(False)
    second = Desk(tmp_path)
    try:
        assert second.window.appearance.text_size == 1.5
        assert second.window.toolbar.theme_button.menu().normal.text() == "Normal text (now 150%)"
    finally:
        second.window.appearance.set_text_size(1.0)
        second.window.close()
