"""The controls of the widget, without what they do."""

from __future__ import annotations

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FileEdit,
    FloatSlider,
    LineEdit,
    ProgressBar,
    PushButton,
    SpinBox,
    create_widget,
)

from semclear.errors import SemclearError
from semclear.models.catalogue import ONNX, SUFFIX
from semclear.napari.compare import CURTAIN, FADE
from semclear.napari.model_choice import MODEL, Choice, choices

PARTS = 1000  # in which progress is shown
FILE = "a file ..."
FROM_FILE = Choice(MODEL, "")


class Controls(Container):
    """What to restore, with what, and how the result is compared."""

    def __init__(self) -> None:
        self.layer = create_widget(annotation="napari.layers.Image", label="micrograph")
        self.model = ComboBox(label="model", choices=[*choices(), (FILE, FROM_FILE)])
        self.file = FileEdit(label="file", mode="r", filter=f"Models (*{SUFFIX} *{ONNX})")
        self.ensemble = CheckBox(
            text="several orientations",
            value=True,
            tooltip="The mean over the model's orientations: more time, and an uncertainty map.",
        )
        self.memory = LineEdit(label="memory", value="2GB", tooltip="What restoring may take, like 2GB.")
        self.find_bar = CheckBox(
            text="find the data bar", value=True, tooltip="Data bars are left untouched, on whichever side."
        )
        self.bar = SpinBox(
            label="data bar rows",
            value=0,
            max=100_000,
            tooltip="Rows of the data bar at the bottom, which are left untouched; 0: there is none.",
        )
        self.uncertainty = CheckBox(text="uncertainty layer", value=True)
        self.preview = PushButton(text="Preview visible region")
        self.restore = PushButton(text="Restore")
        self.cancel = PushButton(text="Cancel", enabled=False)
        self.progress = ProgressBar(value=0, min=0, max=PARTS, label="progress")
        self.mode = ComboBox(label="compare by", choices=[("fading", FADE), ("a curtain", CURTAIN)])
        self.share = FloatSlider(
            label="before - after", value=1.0, min=0.0, max=1.0, step=0.01, enabled=False
        )
        super().__init__(
            widgets=[
                self.layer,
                self.model,
                self.file,
                self.ensemble,
                self.uncertainty,
                self.memory,
                self.find_bar,
                self.bar,
                self.preview,
                self.restore,
                self.cancel,
                self.progress,
                self.mode,
                self.share,
            ]
        )
        self.model.changed.connect(self._show_file)
        self.ensemble.changed.connect(self._show_uncertainty)
        self.find_bar.changed.connect(self._show_bar)
        self._show_file()
        self._show_bar()

    def _show_file(self) -> None:
        self.file.visible = self.model.value == FROM_FILE

    def _show_bar(self) -> None:
        self.bar.visible = not self.find_bar.value

    def _show_uncertainty(self) -> None:
        self.uncertainty.enabled = self.ensemble.value

    @property
    def choice(self) -> Choice:
        """What restores.

        Raises
        ------
        SemclearError
            When a file is to be taken and none is given.
        """
        if self.model.value != FROM_FILE:
            return self.model.value
        if not self.file.value.is_file():
            raise SemclearError(
                f"model: got {str(self.file.value)!r}, expected a file *{SUFFIX} or *{ONNX}; choose one, or a model of "
                "the list"
            )
        return Choice(MODEL, str(self.file.value.absolute()))

    @property
    def bar_rows(self) -> int | None:
        """Rows of the data bar; None where they are to be found."""
        return None if self.find_bar.value else self.bar.value

    def working(self, busy: bool) -> None:
        """Allow what can be done while something is restored, or nothing is."""
        for control in (self.preview, self.restore, self.layer, self.model):
            control.enabled = not busy
        self.cancel.enabled = busy
        if busy:
            self.show_progress(0, 0)
        else:
            self.progress.label = "progress"
            if not self.progress.max:
                self.forget_progress()

    def forget_progress(self) -> None:
        """Show that nothing is done: of what was cancelled or failed, nothing is left."""
        self.progress.max, self.progress.value = PARTS, 0

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the work is.

        Parameters
        ----------
        done, total : int
            Parts. 0 of 0 is a model that is loaded; with 0 of more nobody
            knows how long the first part takes, which may be the only one.
        """
        self.progress.label = "loading" if total == 0 else "restoring"
        self.progress.max = PARTS if done else 0  # 0 shows that something is done
        if done:
            self.progress.value = PARTS * done // total
