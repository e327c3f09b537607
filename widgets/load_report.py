"""The whole load report, in a small window below the badge."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.errors import ThinkscopeError
from engine.events import ModelReport
from widgets.meters import numbers
from widgets.meters.fact_rows import FactRows
from widgets.model_badge import SIMULATED_HELP
from widgets.panels.section import SectionTitle
from widgets.theme import set_role
from widgets.translation import tr, tr_n

WIDTH = 420


class LoadReport(QFrame):
    """Facts about the model that is loaded, or why none is; closes when something else is clicked."""

    normal_kernels_requested = Signal()

    def __init__(self, report: ModelReport | None, trouble: ThinkscopeError | None, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "pop")
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(8)
        if report is not None:
            self._add_report(column, report)
        elif trouble is not None:
            column.addWidget(SectionTitle(tr("No model")))
            column.addWidget(_text(str(trouble)))
        else:
            column.addWidget(_text(tr("No model is loaded yet.")))

    def show_below(self, badge: QWidget) -> None:
        """Opens below a badge, inside its window."""
        # A layout with lines that wrap does not know its height before it knows its width.
        self.ensurePolished()
        self.layout().activate()
        self.resize(WIDTH, self.layout().totalHeightForWidth(WIDTH))
        corner = badge.mapToGlobal(QPoint(badge.width() - self.width(), badge.height() + 6))
        self.move(corner)
        self.show()

    def _add_report(self, column: QVBoxLayout, report: ModelReport) -> None:
        column.addWidget(SectionTitle(report.name))
        facts = report_rows(report)
        rows = FactRows({name: (name, "") for name, _ in facts})
        for name, value in facts:
            rows.set_value(name, value)
        column.addWidget(rows)
        path = _text(tr(SIMULATED_HELP) if report.architecture == "simulated" else report.path)
        set_role(path, "muted")
        column.addWidget(path)
        if report.safe_mode and report.safe_mode_reason:
            column.addWidget(SectionTitle(tr("Safe mode")))
            column.addWidget(_text(report.safe_mode_reason))
            again = QPushButton(tr("Try the normal kernels again"))
            again.setToolTip(
                tr("Loads the model once more without safe mode; if they crash again, safe mode comes back.")
            )
            again.clicked.connect(self.normal_kernels_requested)
            again.clicked.connect(self.close)
            column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        if report.gpu_hint:
            column.addWidget(SectionTitle(tr("GPU")))
            column.addWidget(_text(tr("This build computes on the CPU only. This command builds it for the GPU:")))
            self._add_hint(column, report.gpu_hint)

    def _add_hint(self, column: QVBoxLayout, hint: str) -> None:
        text = _text(hint)
        set_role(text, "mono")
        copy = QPushButton(tr("Copy"))
        copy.setToolTip(tr("Copies this text to the clipboard."))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(hint))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(text, 1)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)


def report_rows(report: ModelReport) -> list[tuple[str, str]]:
    """Every fact of a report with its name, as people read it."""
    if report.architecture == "simulated":
        return [(tr("Context"), tr("{0:,} tokens", report.n_ctx))]
    asked = tr("all") if report.layers_asked < 0 else str(report.layers_asked)
    return [
        (tr("Architecture"), tr("{0}, {1} layers, width {2:,}", report.architecture, report.n_layers, report.n_embd)),
        (tr("Parameters"), numbers.prefixed(float(report.parameters), "").strip()),
        (tr("Quantisation"), report.quantization),
        (tr("File"), numbers.size(report.file_bytes)),
        (tr("Vocabulary"), tr("{0:,} tokens", report.n_vocab)),
        (tr("Context"), tr("{0:,} tokens (trained for {1:,})", report.n_ctx, report.n_ctx_train)),
        (
            tr("Chat template"),
            tr("the model's own") if report.has_chat_template else tr("none, worked examples instead"),
        ),
        (tr("Device"), tr_n("{1}, {0} thread", "{1}, {0} threads", report.n_threads, report.device)),
        (tr("Layers on GPU"), tr("{0} of {1} (asked for: {2})", report.layers_on_gpu, report.layers_total, asked)),
        (tr("Flash attention"), tr("on") if report.flash_attention else tr("off")),
        (tr("KV cache"), report.kv_layout),
        (tr("Safe mode"), tr("on") if report.safe_mode else tr("off")),
        (tr("Memory, estimated"), numbers.size(report.memory_estimated_bytes)),
        (tr("Memory, measured"), numbers.size(report.memory_measured_bytes)),
        (tr("Time to load"), numbers.seconds(report.load_seconds)),
    ]


def _text(words: str) -> QLabel:
    label = QLabel(words, wordWrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
