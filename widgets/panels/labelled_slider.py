"""A number with its name, a slider and an exact value that can be typed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from widgets.calm import CalmSlider
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.scale import is_wide, linear_stops, logarithmic_stops, nearest
from widgets.scaled import scaled_width
from widgets.translation import tr

FIELD_WIDTH = 92  # of the longest value, so that numbers stay in line


class LabelledSlider(QWidget):
    """One number between two bounds.

    Args:
        title: Its name, shown to the left of the value.
        help_text: One sentence that teaches what it does; the tooltip.
        minimum: Lowest allowed value.
        maximum: Highest allowed value.
        value: The value at first.
        whole: Whole numbers only.
        unit: Shown behind the value.
        optional: Offers a check box that switches the bound off; `value()` is None then.
    """

    changed = Signal()

    def __init__(
        self,
        title: str,
        help_text: str,
        minimum: float,
        maximum: float,
        value: float,
        *,
        whole: bool = False,
        unit: str = "",
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title, self._whole, self._unit = title, whole, unit
        self._minimum, self._maximum = minimum, maximum
        wide = is_wide(minimum, maximum, whole)
        self._stops = logarithmic_stops(minimum, maximum) if wide else linear_stops(minimum, maximum, whole)
        self._value = float(value)
        self.switch = QCheckBox(title) if optional else None
        self.field = QLineEdit(alignment=Qt.AlignmentFlag.AlignRight)
        self.slider = CalmSlider(Qt.Orientation.Horizontal)
        self.error = FieldError()
        self._label = self.switch or QLabel(title)
        self._build()
        self.set_help(help_text)
        self._show()

    def value(self) -> float | None:
        """The value, a whole one for whole numbers; None when it is switched off."""
        if self.switch is not None and not self.switch.isChecked():
            return None
        return int(self._value) if self._whole else self._value

    def set_value(self, value: float | None) -> None:
        """Shows a value without saying that it changed; None switches an optional one off."""
        if self.switch is not None:
            self.switch.blockSignals(True)
            self.switch.setChecked(value is not None)
            self.switch.blockSignals(False)
        if value is not None:
            self._value = min(max(float(value), self._minimum), self._maximum)
        self._show()

    def set_help(self, help_text: str) -> None:
        """Teaches something else: what it does, or why it cannot be moved at the moment."""
        self._label.setToolTip(help_text)
        for control in (self.field, self.slider):
            control.setToolTip(help_text)
            control.setAccessibleDescription(help_text)

    def _build(self) -> None:
        self.field.setProperty("role", "value")
        self.field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        scaled_width(self.field, FIELD_WIDTH)
        self.field.editingFinished.connect(self._on_field_edited)
        self.slider.setRange(0, len(self._stops) - 1)
        self.slider.setPageStep(max(1, len(self._stops) // 10))
        self.slider.valueChanged.connect(self._on_slider_changed)
        if self.switch is not None:
            self.switch.setChecked(True)
            self.switch.toggled.connect(self._on_switch_toggled)
        for control in (self.field, self.slider):
            control.setAccessibleName(self.title)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(8)
        top.addWidget(self._label, 1)
        top.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.slider)
        column.addWidget(self.error)

    def _show(self) -> None:
        on = self.value() is not None
        self.slider.blockSignals(True)
        self.slider.setValue(nearest(self._stops, self._value))
        self.slider.blockSignals(False)
        self.slider.setEnabled(on)
        self.field.setEnabled(on)
        self.field.setText(self._text() if on else tr("no limit"))
        self._complain("")

    def _text(self) -> str:
        if self._whole:
            number = f"{int(self._value):,}"
        else:
            number = f"{self._value:.2f}" if self._maximum <= 10 else f"{self._value:g}"
        return f"{number} {self._unit}" if self._unit else number

    def _on_slider_changed(self, index: int) -> None:
        self._value = self._stops[index]
        self._show()
        self.changed.emit()

    def _on_switch_toggled(self) -> None:
        self._show()
        self.changed.emit()

    def _on_field_edited(self) -> None:
        text = self.field.text().removesuffix(self._unit).replace(",", "").replace("_", "").strip()
        try:
            number = float(text)
            if self._whole and number != int(number):
                raise ValueError
        except (ValueError, OverflowError):
            words = tr("“{0}” is not a whole number.") if self._whole else tr("“{0}” is not a number.")
            self._complain(words.format(text))
            return
        if not self._minimum <= number <= self._maximum:
            self._complain(tr("It goes from {0:,g} to {1:,g}.", self._minimum, self._maximum))
            return
        changed = number != self._value
        self._value = number
        self._show()
        if changed:
            self.changed.emit()

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.field, bool(words))
