"""Restoring micrographs of any size in bounded memory: whole where that fits, else by tiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear import row_noise
from semclear.networks.bundle import Bundle
from semclear.params import Choosing
from semclear.restoration.checks import consistency, inspection, residual, tiles
from semclear.restoration.checks.invention import Invention
from semclear.restoration.ensemble import BATCH_PIXELS
from semclear.restoration.outcome import Outcome
from semclear.restoration.restorer import Restorer
from semclear.restoration.tiled import memory as budget
from semclear.restoration.tiled import strips
from semclear.restoration.tiled.out_of_memory import is_exhaustion
from semclear.restoration.tiled.planning import Plan, Planner
from semclear.restoration.tiled.tiled_network import Piece, Progress, TiledNetwork, leaving_checks

if TYPE_CHECKING:
    from semclear.restoration.tiled.degradation_by_parts import LargeReading


class LargeRestorer(Restorer):
    """A network of a bundle, for micrographs of any size in bounded memory.

    A micrograph that fits is restored whole, with the results of `Restorer`.
    A larger one is restored by tiles. Without normalisation these start on the
    network's strided grid and have margins as wide as its receptive radius:
    the results are those of the whole. Instance normalisation takes its
    statistics from the whole micrograph; there tiles with their own statistics
    are blended with smooth weights, which shows no seam but is not the same
    (`exact` is False, and benchmarks/cost/tiling.py measures by how much).

    Parameters
    ----------
    bundle : Bundle or OnnxNetwork
        A trained model, or its exported restorer, which has no degrader to check with.
    ensembling : bool
        Whether the product is the mean over the model's orientations.
    memory : int, optional
        Bytes that restoring may take in addition to what the process holds
        (libraries, model and the micrograph itself, float32); 2 GiB if not said. On a GPU it bounds the tile likewise.
    tile : int, optional
        Side in pixels of the tiles, instead of what `memory` allows. Rounded
        up to the grid.
    network : str
        "restorer" (the product) or "oracle".
    veil, leave_sharp, invention, conservative, choosing
        As of `Restorer`.

    Raises
    ------
    SemclearError
        When `tile` is smaller than this model's smallest, and as `Restorer`.

    Notes
    -----
    Where the device runs out of memory the tile is halved, for this and the
    micrographs that follow, and the work goes on.
    """

    def __init__(
        self,
        bundle: Bundle,
        ensembling: bool = True,
        memory: int | None = None,
        tile: int | None = None,
        network: str = "restorer",
        veil: str = "auto",
        leave_sharp: bool = True,
        invention: Invention | None = None,
        conservative: bool = False,
        choosing: Choosing | None = None,
    ) -> None:
        super().__init__(bundle, ensembling, network, veil, leave_sharp, invention, conservative, choosing)
        self._tiled = TiledNetwork(self._network, bundle.size, bundle.model)
        needs = budget.Needs(bundle.size, ensembling, budget.costs_of(budget.runtime_of(bundle)))
        self._planner = Planner(self._tiled, needs, memory, tile)
        self._read: Callable[[np.ndarray, int], LargeReading] | None = None
        self._progress: Progress | None = None
        self._plan = Plan(self._planner.tile or 0, 0, 0, self._tiled.reach is not None, 0)

    @property
    def tile(self) -> int:
        """Side in pixels of the tiles of the last micrograph; 0 before the first where none was given."""
        return self._plan.tile

    @property
    def overlap(self) -> int:
        """Pixels by which the tiles of the last micrograph overlapped."""
        return self._plan.overlap

    @property
    def exact(self) -> bool:
        """Whether the last micrograph was restored as if whole; before the first, whether every one will be."""
        return self._plan.exact

    def allow(self, memory: int) -> None:
        """Bound the memory for the micrographs to come; bytes as in `LargeRestorer`."""
        self._planner.allowed = memory

    def around(self, piece: Piece, shape: Sequence[int]) -> Piece:
        """Return what of a micrograph has to be given to restore a piece of it, see `TiledNetwork.around`."""
        return self._tiled.around(piece, shape)

    @property
    def divides(self) -> bool:
        """Whether pieces of a micrograph can be restored, and judged, one by one with the results of the whole.

        Not with instance normalisation, neither in the restorer nor in a degrader that is a network.
        """
        reads = self._bundle.has_encoder or "degrader" not in self._bundle.networks
        return self._tiled.reach is not None and reads

    def unjudged(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Return the restoration of (H, W) in [0, 1] before anything is chosen, float32; its spread over orientations,
        or None; and its restoration as it stands."""
        return self._restore(image)

    def reading_of(self, image: np.ndarray) -> LargeReading | None:
        """Return what the degrader reads of a micrograph (H, W) in [0, 1], or None for a model without one.

        The micrograph may be any object that gives windows as `numpy.ndarray` does.
        """
        return self._reading(image, self.tile)

    def plan(self, shape: Sequence[int], maps: bool = False) -> Plan:
        """Return how a micrograph of this shape will be restored, see `planning.Planner.plan`."""
        return self._planner.plan(shape, maps)

    def _restored(
        self, piece_in: Callable[[int], np.ndarray], within: Callable[[int], None]
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Return a piece's restoration, its spread over orientations, and its restoration as it stands.

        `within` is told how many orientations are done, but for the last, which ends the piece.
        """
        if not self.ensembling:
            plain = piece_in(0)
            return plain, None, plain
        made = []
        for done, orientation in enumerate(self.orientations):
            if done:
                within(done)
            made.append(piece_in(orientation))
        outputs = np.stack(made)
        del made
        mean, spread = np.empty(outputs.shape[1:], np.float32), np.empty(outputs.shape[1:], np.float32)
        # In double precision as in `ensemble.restore`, but without copies of all.
        for rows in strips.strips(*outputs.shape[1:]):
            mean[rows] = outputs[:, rows].mean(axis=0, dtype=np.float64)
            spread[rows] = outputs[:, rows].std(axis=0, dtype=np.float64)
        return mean, spread, outputs[0]

    def _by_tiles(
        self,
        image: np.ndarray,
        maps: bool,
        each: Callable[[Piece, np.ndarray], None] | None,
        progress: Progress | None,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return restoration and, if wanted, uncertainty; `each` is given every piece as it stands."""
        plan = self._plan = self.plan(image.shape, maps)
        restored = np.zeros(image.shape, np.float32)
        uncertainty = np.zeros(image.shape, np.float32) if maps and self.ensembling else None

        def use(piece: Piece, made: tuple[np.ndarray, np.ndarray | None, np.ndarray]) -> None:
            piece.add(restored, made[0])
            if uncertainty is not None and made[1] is not None:
                piece.add(uncertainty, made[1])
            if each is not None:
                each(piece, made[2])

        steps, pieces = len(self.orientations) if self.ensembling else 1, [0, plan.tiles]

        def told(done: int, total: int) -> None:
            pieces[:] = done, total
            if progress is not None:
                progress(steps * done, steps * total)

        def within(orientations: int) -> None:
            if progress is not None:
                progress(steps * pieces[0] + orientations, steps * pieces[1])

        tile = self._tiled.run(image, plan.tile, lambda piece_in: self._restored(piece_in, within), use, told)
        if tile < plan.tile:
            self._planner.most = tile
            self._plan = self.plan(image.shape, maps)
        if plan.tiles > 1 or tile < plan.tile:
            # Weights sum to 1 but for rounding.
            np.clip(restored, 0, 1, out=restored)
        return restored, uncertainty

    def _restore(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        image = np.asarray(image, np.float32)
        plan = self.plan(image.shape, maps=True)
        together = self._planner.needs.bytes(plan.tile**2, len(self.orientations))
        if (
            plan.tiles == 1
            and len(self.orientations) * image.size <= BATCH_PIXELS
            and together <= self._planner.allowed
        ):
            try:
                made = super()._restore(image)
            except Exception as error:
                if not is_exhaustion(error):
                    raise
            else:
                self._plan = plan
                if self._progress is not None:
                    self._progress(1, 1)
                return made
        plain = np.zeros(image.shape, np.float32)
        restored, uncertainty = self._by_tiles(
            image, True, lambda piece, values: piece.add(plain, values), self._progress
        )
        return restored, uncertainty, plain

    def __call__(self, image: np.ndarray, known: Mapping[str, Any] | None = None) -> np.ndarray:
        """Return `restore` of a micrograph; `known` is ignored."""
        return self.restore(image)

    def restore(self, image: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """Return the restored micrograph.

        Parameters
        ----------
        image : ndarray, (H, W)
            In [0, 1], any size.
        progress : callable, optional
            ``progress(done, total)`` after each orientation of a tile.

        Returns
        -------
        ndarray, (H, W), float32
            In [0, 1].

        Raises
        ------
        SemclearError
            When the memory, allowed or of the device, does not suffice for the smallest tile.
        """
        image = np.asarray(image, np.float32)
        if self.conservative:
            return self.inspect(image, progress=progress).image
        if self.ensembling and len(self.orientations) * image.size <= BATCH_PIXELS:
            self._progress = progress
            try:
                restored = self._restore(image)[0]
            finally:
                self._progress = None
        else:
            restored = self._by_tiles(image, False, None, progress)[0]
        reading = self._reading(image, self.plan(image.shape).tile) if self.chooses else None
        if reading is None:
            return restored
        noise = row_noise.strength(image)
        return self._chosen(Outcome(restored), image, noise, reading.parameters()).image

    def _reading(self, image: np.ndarray, tile: int) -> LargeReading | None:
        if "degrader" not in self._bundle.networks:
            return None
        # Loads Keras, which an exported restorer does without.
        from semclear.restoration.tiled.degradation_by_parts import reader_of

        self._read = self._read or reader_of(self._bundle)
        return None if self._read is None else self._read(image, tile)

    def _whole(self, shape: Sequence[int]) -> bool:
        """Return whether restoration and checks of a micrograph fit into the memory at once."""
        plan = self.plan(shape, maps=True)
        pixels = shape[0] * shape[1]
        if self._bundle.has_encoder:
            read = budget.ENCODED * 2 * self._bundle.size.width * pixels + self._planner.needs.costs.fixed
        else:
            read = self._planner.needs.bytes(plan.tile**2)
        beside = max(budget.CHECKED * pixels, read, plan.bytes - budget.INSPECTED * pixels)
        return (
            plan.tiles == 1
            and (budget.INSPECTED + budget.RESTORED) * pixels + beside <= self._planner.allowed
        )

    def inspect(
        self,
        image: np.ndarray,
        known: Mapping[str, Any] | None = None,
        side: int = tiles.SIDE,
        progress: Progress | None = None,
    ) -> Outcome:
        """Restore a micrograph and check the restoration, without any truth.

        Parameters
        ----------
        image, known, side
            As in `Restorer.inspect`.
        progress : callable, optional
            As of `restore`; what is left after the last tile are the checks.

        Returns
        -------
        Outcome
            As of `Restorer.inspect`. Of a micrograph that does not fit,
            figures are summed up part by part, and equal those of the whole
            where the restoration does, with two exceptions: the noise that
            probes for hidden details is drawn for each tile; and a degrader
            with instance normalisation degrades by blended tiles.
        """
        image = np.asarray(image, np.float32)
        progress = leaving_checks(progress)
        if self._whole(image.shape):
            self._progress = progress
            try:
                return super().inspect(image, known, side)
            except Exception as error:
                if not is_exhaustion(error):
                    raise
            finally:
                self._progress = None
        return self._inspect_parts(image, known, side, progress)

    def _inspect_parts(
        self, image: np.ndarray, known: Mapping[str, Any] | None, side: int, progress: Progress | None
    ) -> Outcome:
        noise, correlation = row_noise.strength_and_correlation(image)
        checks, left = inspection.measure(image, noise, side), None
        tile = self.plan(image.shape, maps=True).tile
        reading, amplification = self._reading(image, tile), None
        if reading is not None:
            from semclear.restoration.tiled.degradation_by_parts import Amplification

            amplification = Amplification(reading, image.shape)
        probe = None if amplification is None else amplification.add
        restored, uncertainty = self._by_tiles(image, True, probe, progress)
        if uncertainty is not None:
            within = max(tiles.contrast(restored, side), residual.ROUNDING)
            checks["uncertainty"] = float(uncertainty.mean() / within)
        if reading is not None and amplification is not None:
            left = reading.left_of(image, restored)
            checks |= strips.explained(image, left, noise, side)
            checks["hiding_amplification"] = amplification.value
            checks |= reading.summary()
            checks |= consistency.errors_of(reading.parameters() if known is not None else {}, known)
        made = Outcome(restored, uncertainty, left, checks)
        if reading is None or not self.chooses:
            return made
        parameters = reading.parameters()
        return self._chosen(
            self._supported(made, image, (noise, correlation), parameters), image, noise, parameters
        )
