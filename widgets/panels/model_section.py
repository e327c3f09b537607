"""Which model, and how it is loaded."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.check import MAX_CONTEXT, MAX_DEVICES, MAX_LAYERS, MAX_THREADS, MIN_CONTEXT
from engine.events import ModelReport
from engine.settings import Setting
from engine.setup import FLASH_ATTENTION, SIMULATED, SPLIT_MODES, LoadOptions
from widgets.model_badge import SIMULATED_HELP
from widgets.panels.field_error import FieldError, mark_invalid
from widgets.panels.section import Folded, Section
from widgets.panels.setting_fields import ChoiceField
from widgets.panels.typed_field import TypedField, shares_field, whole_field
from widgets.theme import set_kind, set_role
from widgets.translation import later, tr

NO_GPU = later("Has no effect here: this build of llama.cpp computes on the CPU only.")
NO_EFFECT = later("Has no effect: the simulated model has no layers.")
CHECKS = ("offload_kqv", "safe_mode", "load_anyway")
FIELDS = ("n_ctx", "n_threads", "split_mode", "tensor_split", "main_gpu")
FLASH = Setting(
    "flash_attention",
    "choice",
    "auto",
    later("Flash attention"),
    later("A way to compute attention that needs less memory; “auto” takes it where it is the faster one."),
    choices=tuple(FLASH_ATTENTION),
)
SPLIT = Setting(
    "split_mode",
    "choice",
    "layer",
    later("Split over GPUs"),
    later("How several GPUs share the model: whole layers each, rows of every layer, or none: all on the main GPU."),
    choices=SPLIT_MODES,
)


class ModelSection(Section):
    """The file, the layers on the GPU, and the rest of the load options behind a fold."""

    changed = Signal()
    load_requested = Signal()

    def __init__(self, default_path: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Model"), parent)
        self._default_path = default_path
        self._rest = LoadOptions(default_path)
        self.path = QLineEdit(placeholderText=tr("the default model"))
        self.path.setAccessibleName(tr("Model file"))
        self.path.setToolTip(
            tr(
                "A GGUF file on this machine, which can also be dropped here; empty for the default model; "
                "“simulated” for texts that no model writes."
            )
        )
        self.browse = QPushButton(tr("Choose"))
        self.browse.setToolTip(tr("A file, the default model, or the simulated one."))
        self.error = FieldError()
        self.layers = whole_field(
            tr("Layers on GPU"), tr("How many layers the GPU computes: “all”, or a number; 0 keeps to the CPU."),
            0, MAX_LAYERS, (tr("all"), -1),
        )  # fmt: skip
        self.no_gpu = QLabel(wordWrap=True)
        self.n_ctx = whole_field(
            tr("Context"),
            tr("The most tokens of one candidate, its prompt included; “auto” is as many as the model knows."),
            MIN_CONTEXT, MAX_CONTEXT, (tr("auto"), 0),
        )  # fmt: skip
        self.n_threads = whole_field(
            tr("Threads"),
            tr("CPU threads for decoding; “auto” takes the physical cores, of four or more all but one."),
            1, MAX_THREADS, (tr("auto"), 0),
        )  # fmt: skip
        self.split_mode = ChoiceField(SPLIT)
        self.tensor_split = shares_field(
            tr("Shares of the GPUs"),
            tr("How much of the model each GPU takes, as 3, 1; “auto” goes by their free memory."),
            MAX_DEVICES,
        )  # fmt: skip
        self.main_gpu = whole_field(
            tr("Main GPU"),
            tr("The number of the GPU that holds what is not split."),
            0,
            MAX_DEVICES - 1,
            (tr("first"), 0),
        )
        self.flash_attention = ChoiceField(FLASH)
        self.offload_kqv = QCheckBox(tr("KV cache on the GPU"))
        self.offload_kqv.setToolTip(tr("Keeps the cache beside the layers; off saves GPU memory and costs speed."))
        self.safe_mode = QCheckBox(tr("Safe mode"))
        self.safe_mode.setToolTip(tr("Does without special CPU kernels that crash on some machines; somewhat slower."))
        self.load_anyway = QCheckBox(tr("Load even if memory looks short"))
        self.load_anyway.setToolTip(tr("The estimate of the memory it needs is then a warning and not a refusal."))
        self.reload = QPushButton(tr("Load now"))
        self.reload.setToolTip(tr("Loads the model with these options without waiting for the next run."))
        self.folded = Folded(tr("More about loading"), tr("Context, threads, GPU and kernels."))
        self._build()
        self.set_options(self._rest)

    def options(self) -> LoadOptions:
        """The options; an empty path stands for the default model's."""
        values = {name: getattr(self, name).value() for name in FIELDS}
        checks = {name: getattr(self, name).isChecked() for name in CHECKS}
        flash = dict(FLASH_ATTENTION)[self.flash_attention.value()]
        path = self.path.text().strip() or self._default_path
        return msgspec.structs.replace(
            self._rest, path=path, n_gpu_layers=self.layers.value(), flash_attention=flash, **values, **checks
        )

    def set_options(self, options: LoadOptions) -> None:
        """Shows options without saying that they changed."""
        self._rest = options
        self.path.setText("" if options.path == self._default_path else options.path)
        self.layers.set_value(options.n_gpu_layers)
        for name in FIELDS:
            getattr(self, name).set_value(getattr(options, name))
        self.flash_attention.set_value(
            next(word for word, on in FLASH_ATTENTION.items() if on is options.flash_attention)
        )
        for name in CHECKS:
            getattr(self, name).setChecked(getattr(options, name))
        self._check_path()

    def set_path(self, path: str) -> None:
        """Takes another file, as if a person had typed it."""
        self.path.setText("" if path == self._default_path else path)
        self._on_path_edited()

    def show_report(self, report: ModelReport) -> None:
        """Says of the options for a GPU that they have no effect where the loaded model shows that there is none."""
        words = tr(NO_EFFECT) if report.architecture == "simulated" else "" if report.gpu_supported else tr(NO_GPU)
        self.no_gpu.setText(words)
        self.no_gpu.setVisible(bool(words))
        for field in (self.layers, self.split_mode, self.tensor_split, self.main_gpu, self.offload_kqv):
            field.setEnabled(not words)

    def errors(self) -> list[QWidget]:
        """The fields whose text is not a value; the path when there is no such file."""
        self._check_path()
        wrong: list[QWidget] = [field.field for field in self._typed_fields() if field.error.text()]
        return [self.path, *wrong] if self.error.text() else wrong

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.body.addLayout(row)
        self.body.addWidget(self.error)
        self._add(self.layers, self.body)
        set_role(self.no_gpu, "muted")
        self.no_gpu.hide()
        self.body.addWidget(self.no_gpu)
        self.body.addWidget(self.folded)
        self._add(self.n_ctx, self.folded.body)
        self._add(self.n_threads, self.folded.body)
        for choice in (self.flash_attention, self.split_mode):
            choice.changed.connect(self.changed)
            self.folded.body.addWidget(choice)
        self._add(self.tensor_split, self.folded.body)
        self._add(self.main_gpu, self.folded.body)
        for check in (self.offload_kqv, self.safe_mode, self.load_anyway):
            self.folded.body.addWidget(check)
            check.clicked.connect(lambda _: self.changed.emit())
        self.folded.body.addWidget(self.reload)
        self.path.editingFinished.connect(self._on_path_edited)
        self.path.returnPressed.connect(self._on_path_entered)
        self._fill_menu()
        self.reload.clicked.connect(self.load_requested)
        set_kind(self.browse, "normal")
        set_role(self.error, "error")

    def _fill_menu(self) -> None:
        menu = QMenu(self.browse)
        menu.setToolTipsVisible(True)
        for words, help_text, choose in (
            (tr("A file…"), tr("Looks for a GGUF file."), self._on_file_wanted),
            (
                tr("The default model"),
                tr("The small one that came with the program."),
                lambda: self.set_path(self._default_path),
            ),
            (tr("Simulated model"), tr(SIMULATED_HELP), lambda: self.set_path(SIMULATED)),
        ):
            action = menu.addAction(words)
            action.setToolTip(help_text)
            action.triggered.connect(choose)
        self.browse.setProperty("hasMenu", True)
        self.browse.setMenu(menu)

    def _typed_fields(self) -> tuple[TypedField[int] | TypedField[tuple[float, ...]], ...]:
        return self.layers, self.n_ctx, self.n_threads, self.tensor_split, self.main_gpu

    def _add(self, field: TypedField[int] | TypedField[tuple[float, ...]], body: QVBoxLayout) -> None:
        field.changed.connect(self.changed)
        body.addWidget(field)
        body.addWidget(field.error)

    def _on_file_wanted(self) -> None:
        folder = str(Path(self.options().path).expanduser().parent)
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a model"), folder, tr("Models (*.gguf);;All files (*)"))
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
        if text and text != SIMULATED:
            words = _path_problem(text)
        self.error.say(words)
        mark_invalid(self.path, bool(words))


def _path_problem(text: str) -> str:
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return tr("This is a folder. Choose the .gguf file in it.")
        return "" if path.exists() else tr("There is no such file.")
    except (OSError, ValueError, RuntimeError):  # a name that no system would take
        return tr("There is no such file.")
