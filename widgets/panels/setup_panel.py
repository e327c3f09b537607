"""The set-up of the next run, from the question down to the layers on the GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from engine.lab.problem_sets import Rung
from engine.setup import RunSetup, Tariff
from widgets.panels.budget_section import BudgetSection
from widgets.panels.model_section import ModelSection
from widgets.panels.problem_section import ProblemSection
from widgets.panels.sampling_section import SamplingSection
from widgets.panels.strategy_section import StrategySection, StrategySpec
from widgets.panels.verifier_section import VerifierSection, VerifierSpec
from widgets.scaled import follow_scale, panel_width
from widgets.translation import tr

PANEL_WIDTH = 288


class SetupPanel(QScrollArea):
    """Every decision about a run, in the order in which a person makes them.

    Args:
        strategies: Strategies by registered name.
        verifiers: Verifiers by registered name.
        ladder: Problems to choose from, easy ones first.
        default_model: Path of the model that an empty field means.
    """

    changed = Signal()
    load_requested = Signal()

    def __init__(
        self,
        strategies: Mapping[str, StrategySpec],
        verifiers: Mapping[str, VerifierSpec],
        ladder: Sequence[Rung],
        default_model: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.problem = ProblemSection(ladder)
        self.strategy = StrategySection(strategies)
        self.sampling = SamplingSection()
        self.verifiers = VerifierSection(verifiers)
        self.budget = BudgetSection()
        self.model = ModelSection(default_model)
        self._tariff = Tariff()
        self._build()

    def setup(self) -> RunSetup:
        """The set-up as it stands; a field with an error keeps its last good value."""
        return RunSetup(
            problem=self.problem.problem(),
            strategy=self.strategy.choice(),
            verifiers=self.verifiers.choices(),
            sampling=self.sampling.sampling(),
            budget=self.budget.budget(),
            load=self.model.options(),
            seed=self.sampling.seed.value(),
            tariff=self._tariff,
        )

    def set_setup(self, setup: RunSetup) -> None:
        """Shows a set-up without saying that something changed."""
        self.problem.set_problem(setup.problem)
        self.strategy.set_choice(setup.strategy)
        self.verifiers.set_choices(setup.verifiers)
        self.sampling.set_sampling(setup.sampling)
        self.sampling.seed.set_value(setup.seed)
        self.budget.set_budget(setup.budget)
        self.model.set_options(setup.load)
        self._tariff = setup.tariff
        self._note_verifiers()
        self._note_budget()

    def commit(self) -> None:
        """Takes over what was typed into a field that a person has not left yet."""
        for field in self.findChildren(QLineEdit):
            if field.isModified():
                field.editingFinished.emit()

    def check(self) -> bool:
        """Whether the set-up can be run; otherwise every wrong field says why and the first one gets the focus."""
        sections = (self.problem, self.strategy, self.sampling, self.budget, self.model)
        wrong = [field for section in sections for field in section.errors()]
        if wrong:
            wrong[0].setFocus()
            self.ensureWidgetVisible(wrong[0])
        return not wrong

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("surface", "panel")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 12, 12, 16)
        column.setSpacing(16)
        for section in (self.problem, self.strategy, self.sampling, self.verifiers, self.budget, self.model):
            section.changed.connect(self.changed)
            column.addWidget(section)
        column.addStretch(1)
        self.model.load_requested.connect(self.load_requested)
        self.strategy.changed.connect(self._note_verifiers)
        self.changed.connect(self._note_budget)
        self._note_verifiers()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        follow_scale(self, self._fit)
        self.setAccessibleName(tr("Set-up"))

    def _fit(self) -> None:
        """Grows with type, though less; what is too wide for that, in large type or long words, can be scrolled to."""
        self.setMinimumWidth(panel_width(PANEL_WIDTH))

    def _note_budget(self) -> None:
        self.budget.note_share(self.strategy.candidates)

    def _note_verifiers(self) -> None:
        only_comment = tr("They score every candidate, but this strategy does not choose by them.")
        self.verifiers.set_note("" if self.strategy.uses_verifiers else only_comment)
