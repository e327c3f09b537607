from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QRawFont
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets.calm import CalmSlider
from widgets.icons import icon, set_icon
from widgets.theme import (
    BOLD,
    CONTRAST,
    DARK,
    LIGHT,
    MEDIUM,
    REGULAR,
    RESOURCES,
    Theme,
    answer_colour,
    contrast_ratio,
    current_theme,
    font,
    load_fonts,
    probability_mark,
    set_kind,
    set_role,
    set_theme,
    set_type_scale,
    stylesheet,
    viridis,
)
from widgets.theme_colours import answer_shades, probability_marks
from widgets.theme_stylesheet import build_stylesheet

ALL_THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == 1


@ALL_THEMES
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "good", "bad", "warn"])
@pytest.mark.parametrize("ground", ["background", "surface", "raised"])
def test_every_ink_can_be_read_on_every_ground(theme: Theme, ink: str, ground: str) -> None:
    assert contrast_ratio(getattr(theme, ink), getattr(theme, ground)) >= 4.5


@ALL_THEMES
def test_the_primary_button_can_be_read(theme: Theme) -> None:
    assert contrast_ratio(theme.on_accent, theme.accent) >= 4.5


@ALL_THEMES
def test_text_can_be_read_on_every_probability_mark(theme: Theme) -> None:
    for mark in probability_marks(theme.surface):
        assert contrast_ratio(theme.text, mark.background or theme.surface) >= 4.5


@ALL_THEMES
def test_answers_can_be_read_on_their_chips_and_differ(theme: Theme) -> None:
    colours = [answer_shades(i, theme.surface) for i in range(7)]
    assert all(contrast_ratio(colour.text, colour.tint) >= 4.5 for colour in colours)
    assert len({colour.tint for colour in colours}) == 7
    others = answer_shades(7, theme.surface)
    assert others == answer_shades(70, theme.surface)
    assert others not in colours


def test_tokens_are_marked_in_three_steps_and_underlined_when_unlikely() -> None:
    assert probability_mark(0.95) == (None, None)
    assert probability_mark(0.9).background is not None
    steps = [probability_mark(p).background for p in (0.8, 0.5, 0.3)]
    assert len(set(steps)) == 3
    assert probability_mark(0.3).underline is None
    assert probability_mark(0.2).underline is not None


def test_viridis_runs_from_dark_to_light_and_is_clamped() -> None:
    assert viridis(-1) == viridis(0) == "#440154"
    assert viridis(2) == viridis(1) == "#fde725"
    lightness = [QColor(viridis(i / 20)).lightnessF() for i in range(3, 21)]
    assert (
        contrast_ratio(viridis(1), "#000000")
        > contrast_ratio(viridis(0.5), "#000000")
        > contrast_ratio(viridis(0), "#000000")
    )
    assert len(set(lightness)) > 10


def test_the_fonts_of_the_program_are_used_in_their_own_cuts(qapp: object) -> None:
    assert {"Inter", "JetBrains Mono"} <= set(load_fonts())
    cuts = {QRawFont.fromFont(font(13, weight)).styleName() for weight in (REGULAR, MEDIUM, BOLD)}
    assert cuts == {"Regular", "Medium", "Semi Bold"}
    assert QRawFont.fromFont(font(13, mono=True)).familyName() == "JetBrains Mono"


def test_figures_have_one_width() -> None:
    metrics = QFontMetricsF(font(13))
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("0808")


def test_fonts_come_with_their_licences() -> None:
    for family in ("Inter", "JetBrainsMono"):
        text = (RESOURCES / "fonts" / f"{family}-OFL.txt").read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in text


@ALL_THEMES
def test_the_style_sheet_has_no_token_left_and_all_its_pictures(theme: Theme) -> None:
    sheet = stylesheet(theme)
    assert "$" not in sheet
    pictures = {part.split('"')[0] for part in sheet.split('url("')[1:]}
    assert pictures
    assert all(Path(picture).is_file() for picture in pictures)


def test_changing_the_theme_repaints_labels_and_icons(qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    label, button = QLabel("word"), QPushButton("Run")
    set_role(label, "muted")
    set_icon(button, "play-fill")
    column = QVBoxLayout(panel)
    column.addWidget(label)
    column.addWidget(button)
    panel.show()
    before = button.icon().pixmap(16).toImage()
    set_theme("light")
    assert current_theme() is LIGHT
    assert button.icon().pixmap(16).toImage() != before
    assert label.palette().color(label.foregroundRole()).name() == LIGHT.muted


def test_a_button_follows_the_theme_though_its_menu_has_icons_of_its_own(qtbot: QtBot) -> None:
    button, menu = QToolButton(), QMenu()
    qtbot.addWidget(button)
    menu.setParent(button)
    set_icon(menu.addAction("Copy"), "copy")
    set_icon(button, "export")
    before = button.icon().pixmap(16).toImage()
    set_theme("light")
    assert button.icon().pixmap(16).toImage() != before


def test_a_deleted_button_is_not_painted_again(qtbot: QtBot) -> None:
    button = QPushButton()
    set_icon(button, "play-fill")
    with qtbot.waitSignal(button.destroyed):
        button.deleteLater()
    set_theme("light")
    assert current_theme() is LIGHT


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such-icon"):
        icon("no-such-icon")


def test_section_titles_are_upper_case_and_controls_thirty_high(qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    title, button = QLabel("Votes"), QPushButton("Run")
    set_role(title, "title")
    set_kind(button, "primary")
    column = QVBoxLayout(panel)
    column.addWidget(title)
    column.addWidget(button)
    panel.show()
    assert title.font().capitalization() == title.font().Capitalization.AllUppercase
    assert title.font().pixelSize() == 11
    assert button.height() == 30


def test_the_keyboard_shows_a_focus_ring_and_the_mouse_does_not(qtbot: QtBot) -> None:
    panel = QWidget()
    qtbot.addWidget(panel)
    first, second = QPushButton("one"), QPushButton("two")
    column = QVBoxLayout(panel)
    column.addWidget(first)
    column.addWidget(second)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert not first.property("keyboardFocus")
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    qtbot.waitUntil(second.hasFocus)
    assert second.property("keyboardFocus")
    assert not first.property("keyboardFocus")


def test_presenting_makes_type_larger() -> None:
    small = font(13).pixelSize()
    set_type_scale(1.5)
    assert font(13).pixelSize() == round(small * 1.5)
    assert answer_colour(0).line == "#56b4e9"


@pytest.mark.parametrize("theme", [DARK, CONTRAST], ids=lambda theme: theme.name)
@pytest.mark.parametrize("scale", [1.0, 1.1, 1.25, 1.5, 1.75, 2.0])
def test_no_corner_is_rounder_than_its_box_which_would_be_drawn_square(theme: Theme, scale: float) -> None:
    for rule in re.findall(r"\{([^{}]*)\}", build_stylesheet(theme, scale)):
        said = dict(re.findall(r"(?:^|[ ;])(width|height|border|border-radius): (\d+)px", rule))
        sides = [int(said[side]) for side in ("width", "height") if side in said]
        if sides and "border-radius" in said:
            assert 2 * int(said["border-radius"]) <= min(sides) + 2 * int(said.get("border", 0)), rule


@pytest.mark.parametrize("focused", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1.1, 1.25, 1.5, 1.75, 2.0])
def test_the_handle_of_a_slider_is_round_at_every_size_of_text(qtbot: QtBot, scale: float, focused: bool) -> None:
    set_type_scale(scale)
    slider = CalmSlider(Qt.Orientation.Horizontal)
    qtbot.addWidget(slider)
    slider.resize(200, 40)
    slider.setValue(50)
    if focused:
        slider.show()
        slider.activateWindow()
        slider.setFocus()
        qtbot.waitUntil(slider.hasFocus)
    box = ink_box(slider, current_theme().text)
    assert box.width() == box.height()
    picture, ink = slider.grab().toImage(), QColor(current_theme().text)
    assert all(picture.pixelColor(corner) != ink for corner in (box.topLeft(), box.bottomRight()))


def test_the_mark_of_a_checked_action_is_a_square_clear_of_the_border(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    action = menu.addAction("Meters")
    action.setCheckable(True)
    action.setChecked(True)
    menu.adjustSize()
    box = ink_box(menu, current_theme().accent)
    assert abs(box.width() - box.height()) <= 1
    assert box.left() >= 8


def test_the_sign_that_empties_a_field_stands_in_its_middle(qtbot: QtBot) -> None:
    field = QLineEdit("words")
    field.setClearButtonEnabled(True)
    qtbot.addWidget(field)
    field.show()
    (sign,) = field.findChildren(QToolButton)
    assert abs(sign.geometry().center().y() - field.rect().center().y()) <= 1
    assert sign.height() <= field.height()


def ink_box(widget: QWidget, ink: str) -> QRect:
    """The box around all pixels of one colour."""
    picture, colour = widget.grab().toImage(), QColor(ink)
    spots = [
        (x, y) for x in range(picture.width()) for y in range(picture.height()) if picture.pixelColor(x, y) == colour
    ]
    (left, right), (top, bottom) = ((min(places), max(places)) for places in zip(*spots, strict=True))
    return QRect(QPoint(left, top), QPoint(right, bottom))
