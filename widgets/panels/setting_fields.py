"""Fields made from declared settings, so that a strategy's settings appear in the window without a line of code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.settings import Setting
from engine.setup import Value
from widgets.calm import CalmBox
from widgets.panels.code_edit import CodeEdit
from widgets.panels.labelled_slider import LabelledSlider
from widgets.panels.section import Folded
from widgets.translation import tr


class ChoiceField(QWidget):
    """One of a few words."""

    changed = Signal()

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = CalmBox()
        for choice in setting.choices:
            self.box.addItem(tr(choice.replace("_", " ").replace("-", " ")), choice)
        self.box.setToolTip(tr(setting.help))
        self.box.setAccessibleName(tr(setting.title))
        self.box.setAccessibleDescription(tr(setting.help))
        label = QLabel(tr(setting.title))
        label.setToolTip(tr(setting.help))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.box)
        self.set_value(setting.default)
        self.box.activated.connect(lambda _: self.changed.emit())

    def value(self) -> Value:
        """The choice as the engine names it."""
        return str(self.box.currentData())

    def set_value(self, value: Value) -> None:
        """Shows a choice without saying that it changed."""
        self.box.setCurrentIndex(max(0, self.box.findData(value)))


class BoolField(QCheckBox):
    """Yes or no."""

    changed = Signal()

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(tr(setting.title), parent)
        self.setToolTip(tr(setting.help))
        self.setAccessibleDescription(tr(setting.help))
        self.set_value(setting.default)
        self.clicked.connect(lambda _: self.changed.emit())

    def value(self) -> Value:
        """Whether it is checked."""
        return self.isChecked()

    def set_value(self, value: Value) -> None:
        """Shows a value without saying that it changed."""
        self.setChecked(bool(value))


class NumberField(LabelledSlider):
    """A number of a declared setting."""

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(
            tr(setting.title),
            tr(setting.help),
            setting.minimum,
            setting.maximum,
            float(setting.default),
            whole=setting.kind == "int",
            parent=parent,
        )


class TextField(QWidget):
    """A text of one or several lines: a pattern, a schema, a program."""

    changed = Signal()

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(tr(setting.title))
        label.setToolTip(tr(setting.help))
        self.edit: QLineEdit | QPlainTextEdit
        if setting.lines > 1:
            self.edit = CodeEdit(setting.lines)
            self.edit.textChanged.connect(self.changed)
        else:
            self.edit = QLineEdit()
            self.edit.textEdited.connect(lambda _: self.changed.emit())
        self.edit.setToolTip(tr(setting.help))
        self.edit.setAccessibleName(tr(setting.title))
        self.edit.setAccessibleDescription(tr(setting.help))
        label.setBuddy(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label)
        column.addWidget(self.edit)
        self.set_value(setting.default)

    def value(self) -> Value:
        """What is written."""
        return self.edit.toPlainText() if isinstance(self.edit, QPlainTextEdit) else self.edit.text()

    def set_value(self, value: Value) -> None:
        """Shows a text without saying that it changed."""
        self.edit.blockSignals(True)
        if isinstance(self.edit, QPlainTextEdit):
            self.edit.setPlainText(str(value))
        else:
            self.edit.setText(str(value))
        self.edit.blockSignals(False)


Field = ChoiceField | BoolField | NumberField | TextField


def make_field(setting: Setting) -> Field:
    """The field that suits a setting."""
    if setting.kind == "choice":
        return ChoiceField(setting)
    if setting.kind == "text":
        return TextField(setting)
    return BoolField(setting) if setting.kind == "bool" else NumberField(setting)


class SettingFields(QWidget):
    """The fields of some settings, one below the other. They are made when somebody first sees or asks for them.

    Most strategies and verifiers are never opened, and every widget there is costs time when theme or type change.
    """

    changed = Signal()

    def __init__(self, settings: Sequence[Setting], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._defaults = {setting.name: setting.default for setting in settings}
        self._given: dict[str, Value] = {}
        self._fields: dict[str, Field] = {}

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by the names of their settings."""
        if not self._fields and self._settings:
            self._build()
        return self._fields

    def setVisible(self, visible: bool) -> None:
        """Shows the fields, if there are any."""
        super().setVisible(visible and bool(self._settings) and bool(self.fields))

    def values(self) -> dict[str, Value]:
        """The values that differ from the defaults."""
        if not self._fields:
            return dict(self._given)
        values = {name: field.value() for name, field in self._fields.items()}
        return {name: value for name, value in values.items() if value is not None and value != self._defaults[name]}

    def set_values(self, values: Mapping[str, Value]) -> None:
        """Shows these values, and the defaults of the rest; names that are not known here are passed over."""
        self._given = {name: value for name, value in values.items() if value != self._defaults.get(name, value)}
        for name, field in self._fields.items():
            value = values.get(name, self._defaults[name])
            if isinstance(field, NumberField):
                field.set_value(_number(value, self._defaults[name]))
            else:
                field.set_value(value)

    def errors(self) -> list[QWidget]:
        """The number fields whose text is not a value."""
        return [f.field for f in self._fields.values() if isinstance(f, NumberField) and f.error.text()]

    def _build(self) -> None:
        self._fields = {setting.name: make_field(setting) for setting in self._settings}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        seldom = [setting for setting in self._settings if setting.seldom]
        if seldom:
            folded = Folded(tr("More settings"), tr("What is seldom changed."))
        for setting in self._settings:
            field = self._fields[setting.name]
            field.changed.connect(self.changed)
            (folded.body if setting.seldom else column).addWidget(field)
        if seldom:
            column.addWidget(folded)
        self.set_values(self._given)
        self._take_tab_places()

    def _take_tab_places(self) -> None:
        """Tab reaches what was made late where it stands, and not after everything else."""
        before = self.previousInFocusChain()
        while before is not self and not _takes_tab(before):
            before = before.previousInFocusChain()
        for widget in filter(_takes_tab, self.findChildren(QWidget)):
            if widget.window() is self.window():  # the list of a box is a window of its own
                QWidget.setTabOrder(before, widget)
                before = widget


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _number(value: Value, default: Value) -> float:
    try:
        return float(value)
    except ValueError:
        return float(default)
