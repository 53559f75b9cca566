"""The widget "Restore micrograph": works in a thread of its own, so that the viewer never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import napari
from napari.qt.threading import FunctionWorker, create_worker
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QTextBrowser

from semclear.errors import SemclearError
from semclear.napari import add_layers, restore_layer
from semclear.napari.controls import Controls
from semclear.napari.model_choice import Choice, Loaded
from semclear.napari.result_layers import Results
from semclear.napari.worker.process import RestoringProcess, loaded_by

TEXT_HEIGHT = 220


@dataclass(frozen=True)
class Failure:
    """Why there is no result; "" where the person cancelled."""

    text: str


class _Bridge(QObject):
    """Carries progress from the worker's thread into that of the window."""

    told = Signal(int, int)


class _Worker(FunctionWorker):
    """Napari asks it to quit when the program ends, and waits for it."""

    closing: Callable[[], None]

    def quit(self) -> None:
        super().quit()
        self.closing()


class RestoreMicrograph(Controls):
    """Restores a layer, or what is seen of it, and says what may be believed.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where the layers are.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self._process = viewer, RestoringProcess()
        self._load = loaded_by(self._process)
        self._cancelled, self._closed, self._worker = threading.Event(), threading.Event(), None
        self._results = Results(viewer)
        self._bridge = _Bridge()
        self._bridge.told.connect(self._tell_progress)
        self.text = QTextBrowser()
        self.text.setMinimumHeight(TEXT_HEIGHT)
        self.native.layout().addWidget(self.text)
        self.preview.clicked.connect(self.start_preview)
        self.restore.clicked.connect(self.start_restoring)
        self.cancel.clicked.connect(self._cancel)
        self.native.destroyed.connect(self._close)
        self.mode.changed.connect(self._compare)
        self.share.changed.connect(self._compare)

    def start_preview(self) -> None:
        """Restore what the viewer shows of the chosen layer."""

        def ready(layer: Any) -> tuple[Callable[[Loaded], Any], Callable[[Any, Loaded], None]]:
            source = add_layers.source_of(layer, self.bar_rows)
            index, corners = add_layers.seen_of(self._viewer, layer)
            return (
                lambda loaded: restore_layer.preview(source, index, corners, loaded, self._progress),
                lambda made, loaded: self._add_preview(layer, index, made, loaded),
            )

        self._start(ready)

    def start_restoring(self) -> None:
        """Restore the whole of the chosen layer."""

        def ready(layer: Any) -> tuple[Callable[[Loaded], Any], Callable[[Any, Loaded], None]]:
            source = add_layers.source_of(layer, self.bar_rows)
            return (
                lambda loaded: restore_layer.whole(source, loaded, self._progress),
                lambda made, loaded: self._add_restored(layer, made, loaded),
            )

        self._start(ready)

    def _start(self, ready: Callable[[Any], tuple]) -> None:
        try:
            if self.layer.value is None:
                raise SemclearError("micrograph: got no image layer, expected one; open a micrograph first")
            work, use = ready(self.layer.value)
            choice, ensembling, memory = self.choice, self.ensemble.value, self.memory.value
        except SemclearError as error:
            show_error(str(error))
            return
        self._cancelled.clear()
        self.working(True)
        worker = create_worker(
            self._work, work, choice, ensembling, memory, _start_thread=False, _worker_class=_Worker
        )
        worker.closing = self._close
        worker.returned.connect(lambda made: self._use(made, use))
        worker.finished.connect(self._finish)
        self._worker = worker
        worker.start()

    def _work(
        self, work: Callable[[Loaded], Any], choice: Choice, ensembling: bool, memory: str
    ) -> Failure | tuple[Any, Loaded]:
        """Load and restore; in the worker's thread."""
        try:
            loaded = self._load(choice, ensembling, memory, self._progress)
            self._progress(0, 1)
            made = work(loaded)
            self._progress(1, 1)
        except restore_layer.Cancelled:
            return Failure("")
        except SemclearError as error:
            return Failure(str(error))
        except MemoryError:
            return Failure("memory ran out; close other programs, or allow less memory for smaller tiles")
        return made, loaded

    def _cancel(self) -> None:
        """Stop the work, in the middle of a tile, too: the next one begins a fresh process."""
        self._cancelled.set()
        self._process.end()

    def _close(self) -> None:
        """Stop the work when the window closes: nobody is there to take its result."""
        self._closed.set()
        self._cancel()

    def _progress(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise restore_layer.Cancelled
        self._bridge.told.emit(done, total)

    def _tell_progress(self, done: int, total: int) -> None:
        if not self._closed.is_set():
            self.show_progress(done, total)

    def _finish(self) -> None:
        self._worker = None
        if not self._closed.is_set():
            self.working(False)

    def _use(self, made: Failure | tuple[Any, Loaded], use: Callable[[Any, Loaded], None]) -> None:
        if self._closed.is_set():
            return
        if isinstance(made, Failure):
            self.forget_progress()
            if made.text:
                show_error(made.text)
            else:
                show_info("Restoring was cancelled; nothing was changed.")
            return
        try:
            use(*made)
        except SemclearError as error:
            show_error(str(error))

    def _add_preview(
        self, layer: Any, index: tuple[int, ...], made: restore_layer.Preview, loaded: Loaded
    ) -> None:
        self.text.setHtml(self._results.add_preview(layer, index, made, loaded))
        self._begin_comparison()

    def _add_restored(self, layer: Any, made: restore_layer.Restored, loaded: Loaded) -> None:
        self.text.setHtml(self._results.add_restored(layer, made, loaded, self.uncertainty.value))
        self._begin_comparison()

    def _begin_comparison(self) -> None:
        self.share.enabled = True
        self._compare()

    def _compare(self) -> None:
        if self._results.comparison is not None:
            self._results.comparison.show(self.mode.value, self.share.value)
