"""Which model, and how it is loaded."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.setup import LoadOptions
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.section import Folded, Section
from widgets.theme import set_kind, set_role

CHECKS = ("flash_attention", "offload_kqv", "safe_mode", "load_anyway")


class WholeField(QWidget):
    """A whole number with a name, on one line. A word stands for one special value: `auto` for 0, `all` for -1."""

    changed = Signal()

    def __init__(self, title: str, help_text: str, most: int, special: tuple[str, int]) -> None:
        super().__init__()
        self._most, self._special = most, special
        self._value = special[1]
        self.field = QLineEdit(special[0], alignment=Qt.AlignmentFlag.AlignRight)
        self.field.setFixedWidth(92)
        self.field.setProperty("role", "value")
        self.field.setAccessibleName(title)
        self.error = FieldError()
        label = QLabel(title)
        for widget in (label, self.field):
            widget.setToolTip(help_text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label, 1)
        row.addWidget(self.field)
        self.field.editingFinished.connect(self._on_field_edited)

    def value(self) -> int:
        """The number."""
        return self._value

    def set_value(self, value: int) -> None:
        """Shows a number without saying that it changed."""
        self._value = value
        self.field.setText(self._special[0] if value == self._special[1] else f"{value:,}")
        self._complain("")

    def _on_field_edited(self) -> None:
        text = self.field.text().replace(",", "").strip().lower()
        if text == self._special[0]:
            number = self._special[1]
        elif text.isascii() and text.isdigit() and int(text) <= self._most:
            number = int(text)
        else:
            self._complain(f"Write “{self._special[0]}” or a whole number up to {self._most:,}.")
            return
        changed = number != self._value
        self.set_value(number)
        if changed:
            self.changed.emit()

    def _complain(self, words: str) -> None:
        self.error.say(words)
        mark_invalid(self.field, bool(words))


class ModelSection(Section):
    """The file, the layers on the GPU, and the rest of the load options behind a fold."""

    changed = Signal()
    load_requested = Signal()

    def __init__(self, default_path: str, parent: QWidget | None = None) -> None:
        super().__init__("Model", parent)
        self._default_path = default_path
        self._rest = LoadOptions(default_path)
        self.path = QLineEdit(placeholderText="the default model")
        self.path.setAccessibleName("Model file")
        self.path.setToolTip("A GGUF file on this machine; empty for the default model. One can also be dropped here.")
        self.browse = QPushButton("Choose…")
        self.browse.setToolTip("Looks for a GGUF file.")
        self.error = FieldError()
        self.layers = WholeField(
            "Layers on GPU",
            "How many layers the GPU computes: “all”, or a number; 0 keeps to the CPU.",
            999,
            ("all", -1),
        )
        self.n_ctx = WholeField(
            "Context", "How many tokens fit into the KV cache, all candidates together; “auto” suits the run.",
            1_048_576, ("auto", 0),
        )  # fmt: skip
        self.n_threads = WholeField(
            "Threads", "CPU threads for decoding; “auto” measures what is fastest beside this window.", 512, ("auto", 0)
        )
        self.main_gpu = WholeField("Main GPU", "The number of the GPU that holds what is not split.", 63, ("first", 0))
        self.flash_attention = QCheckBox("Flash attention")
        self.flash_attention.setToolTip(
            "A faster way to compute attention; the answers stay the same but for rounding."
        )
        self.offload_kqv = QCheckBox("KV cache on the GPU")
        self.offload_kqv.setToolTip("Keeps the cache beside the layers; off saves GPU memory and costs speed.")
        self.safe_mode = QCheckBox("Safe mode")
        self.safe_mode.setToolTip("Does without special CPU kernels that crash on some machines; somewhat slower.")
        self.load_anyway = QCheckBox("Load even if memory looks short")
        self.load_anyway.setToolTip("The estimate of the memory it needs is then a warning and not a refusal.")
        self.reload = QPushButton("Load now")
        self.reload.setToolTip("Loads the model with these options without waiting for the next run.")
        self.folded = Folded("More about loading", "Context, threads, GPU and kernels.")
        self._build()
        self.set_options(self._rest)

    def options(self) -> LoadOptions:
        """The options; an empty path stands for the default model's."""
        values = {name: getattr(self, name).value() for name in ("n_ctx", "n_threads", "main_gpu")}
        checks = {name: getattr(self, name).isChecked() for name in CHECKS}
        path = self.path.text().strip() or self._default_path
        return msgspec.structs.replace(self._rest, path=path, n_gpu_layers=self.layers.value(), **values, **checks)

    def set_options(self, options: LoadOptions) -> None:
        """Shows options without saying that they changed."""
        self._rest = options
        self.path.setText("" if options.path == self._default_path else options.path)
        self.layers.set_value(options.n_gpu_layers)
        for name in ("n_ctx", "n_threads", "main_gpu"):
            getattr(self, name).set_value(getattr(options, name))
        for name in CHECKS:
            getattr(self, name).setChecked(getattr(options, name))
        self._check_path()

    def set_path(self, path: str) -> None:
        """Takes another file, as if a person had typed it."""
        self.path.setText("" if path == self._default_path else path)
        self._on_path_edited()

    def errors(self) -> list[QWidget]:
        """The fields whose text is not a value; the path when there is no such file."""
        self._check_path()
        fields = (self.layers, self.n_ctx, self.n_threads, self.main_gpu)
        wrong: list[QWidget] = [field.field for field in fields if field.error.text()]
        return [self.path, *wrong] if self.error.text() else wrong

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.body.addLayout(row)
        self.body.addWidget(self.error)
        self._add(self.layers, self.body)
        self.body.addWidget(self.folded)
        for field in (self.n_ctx, self.n_threads, self.main_gpu):
            self._add(field, self.folded.body)
        for check in (self.flash_attention, self.offload_kqv, self.safe_mode, self.load_anyway):
            self.folded.body.addWidget(check)
            check.clicked.connect(lambda _: self.changed.emit())
        self.folded.body.addWidget(self.reload)
        self.path.editingFinished.connect(self._on_path_edited)
        self.path.returnPressed.connect(self._on_path_entered)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.reload.clicked.connect(self.load_requested)
        set_kind(self.browse, "normal")
        set_role(self.error, "error")

    def _add(self, field: WholeField, body: QVBoxLayout) -> None:
        field.changed.connect(self.changed)
        body.addWidget(field)
        body.addWidget(field.error)

    def _on_browse_clicked(self) -> None:
        folder = str(Path(self.path.text() or self._default_path).expanduser().parent)
        path, _ = QFileDialog.getOpenFileName(self, "Choose a model", folder, "Models (*.gguf);;All files (*)")
        if path:
            self.set_path(path)

    def _on_path_edited(self) -> None:
        self._check_path()
        self.changed.emit()

    def _on_path_entered(self) -> None:
        self._check_path()
        if not self.error.text():
            self.load_requested.emit()

    def _check_path(self) -> None:
        text = self.path.text().strip()
        words = ""
        if text and text != "simulated":
            path = Path(text).expanduser()
            if "\0" in text or not path.exists():
                words = "There is no such file."
            elif path.is_dir():
                words = "This is a folder. Choose the .gguf file in it."
        self.error.say(words)
        mark_invalid(self.path, bool(words))
