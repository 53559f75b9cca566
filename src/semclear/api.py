"""Restoring NumPy arrays from Python.

>>> import semclear
>>> model = semclear.load()                                  # doctest: +SKIP
>>> restored = model.restore(image, pixel_size_nm=4.2)       # doctest: +SKIP
>>> result = model.inspect(image)                            # doctest: +SKIP
>>> print(result.flag, result.warnings)                      # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semclear.errors import SemclearError
from semclear.models import catalogue
from semclear.tool.micrograph import arrays
from semclear.tool.restore import engine, judge

if TYPE_CHECKING:
    from semclear.tool.restore.engine import Engine


@dataclass(frozen=True, eq=False)
class Inspection:
    """A restored array and what speaks for and against it.

    Attributes
    ----------
    image : ndarray
        Shape, dtype and range of the array that was given.
    uncertainty : ndarray, (H, W), float32, or None
        Standard deviation over orientations, in the array's units.
    residual : ndarray, (H, W), float32, or None
        Array minus re-degraded restoration, in the array's units.
    invented : ndarray, (H, W), float32, or None
        Standard deviation of the structure that is expected to be invented,
        in the array's units; None for a model that cannot tell.
    checks : dict
        Trust figures by name, see `semclear.restoration.restorer.Restorer.inspect`
        and `semclear.restoration.outcome.changes`.
    flag : bool or None
        Whether it is unlike the training data; None where the model has no
        calibrated family.
    p : float or None
        Share of the family that is as far out.
    farthest : str or None
        The check that it is farthest out in.
    warnings : tuple of str
        To be read before the picture is believed.
    sentence : str
        On what may be invented.
    pixel_size_nm : float or None
        As given.
    notes : tuple of str
        What is to be known of black and white that were taken, as of a file:
        which, what lay beyond, and whether few pixels made the range too wide.
    """

    image: np.ndarray
    uncertainty: np.ndarray | None
    residual: np.ndarray | None
    invented: np.ndarray | None
    checks: dict[str, float]
    flag: bool | None
    p: float | None
    farthest: str | None
    warnings: tuple[str, ...]
    sentence: str
    pixel_size_nm: float | None
    notes: tuple[str, ...] = ()


def _checked_pixel_size(pixel_size_nm: Any) -> float | None:
    """Return a pixel size as a number; a text, even of a number, is none."""
    if pixel_size_nm is None:
        return None
    try:
        value = arrays.array_of(pixel_size_nm, "pixel_size_nm")
        is_size = not value.ndim and value.dtype.kind in "iuf" and bool(np.isfinite(value) and value > 0)
    except SemclearError:  # what is no array is no number either
        is_size = False
    if not is_size:
        raise SemclearError(
            f"pixel_size_nm: got {arrays.told(pixel_size_nm)}, expected a positive number or None"
        )
    return float(value)


class ArrayRestorer:
    """What `load` returns: a trained model or classical method for arrays.

    Parameters
    ----------
    engine : Engine
        What restores.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        """Name of the model or method."""
        return self._engine.name

    @property
    def record(self) -> dict[str, Any]:
        """Method, parameters, model, hashes and versions: what an account of a result should say."""
        return dict(self._engine.record)

    def restore(
        self, array: Any, pixel_size_nm: float | None = None, data_range: tuple[float, float] | None = None
    ) -> np.ndarray:
        """Return the restored array.

        Parameters
        ----------
        array : array_like, (H, W), (H, W, 1), (N, H, W) or (N, H, W, 1)
            Without data bar; 8- and 16-bit integers, signed or not, or floats
            of 16, 32 or 64 bits. A stack is restored picture by picture; what
            is of one grey in it stays.
        pixel_size_nm : float, optional
            Edge of a pixel. Models work on pixels and do not use it; it is
            checked, so that a call may say what it works on.
        data_range : (float, float), optional
            What black and white are, as `semclear restore --range`: of
            integers whole numbers of their type. What lies beyond becomes
            black or white; `inspect` counts it. By default see
            `arrays.stack_of`.

        Returns
        -------
        ndarray
            Shape, dtype and range as given.

        Raises
        ------
        SemclearError
            See `arrays.stack_of`.

        Examples
        --------
        >>> import numpy as np
        >>> import semclear
        >>> stack = np.random.default_rng(0).integers(0, 4096, (2, 64, 64), dtype=np.uint16)
        >>> restored = semclear.load(method="percentile-stretch").restore(stack, pixel_size_nm=4.2)
        >>> restored.shape, restored.dtype, bool(restored.max() <= 4095)
        ((2, 64, 64), dtype('uint16'), True)
        """
        _checked_pixel_size(pixel_size_nm)
        stack = arrays.stack_of(array, data_range)
        made = [
            picture if blank else self._engine.inspect(picture).image
            for picture, blank in zip(stack.pictures, stack.blank, strict=True)
        ]
        return stack.back(np.stack(made))

    __call__ = restore

    def inspect(
        self, array: Any, pixel_size_nm: float | None = None, data_range: tuple[float, float] | None = None
    ) -> Inspection:
        """Restore one picture, (H, W) or (H, W, 1), and say what speaks for and against it; else as `restore`.

        Raises
        ------
        SemclearError
            Also for a stack of several pictures.

        Examples
        --------
        >>> import numpy as np
        >>> import semclear
        >>> picture = np.random.default_rng(0).integers(90, 160, (64, 64), dtype=np.uint8)
        >>> result = semclear.load(method="clahe").inspect(picture)
        >>> result.image.shape, result.flag, result.uncertainty
        ((64, 64), None, None)
        """
        pixel_size_nm = _checked_pixel_size(pixel_size_nm)
        stack = arrays.stack_of(array, data_range)
        if len(stack.pictures) != 1:
            raise SemclearError(
                f"array: got a stack of {len(stack.pictures)} pictures, expected one; inspect them one by one"
            )
        one, width = judge.judged(stack.pictures[0], self._engine), np.float32(stack.high - stack.low)
        made = one.made
        return Inspection(
            image=stack.back(made.image[None]),
            uncertainty=None if made.uncertainty is None else made.uncertainty * width,
            residual=None if made.residual is None else made.residual * width,
            invented=None if made.invented is None else made.invented * width,
            checks=dict(one.checks),
            flag=one.flag,
            p=one.p,
            farthest=one.farthest,
            warnings=tuple(caution.text for caution in one.cautions),
            sentence=self._engine.sentence,
            pixel_size_nm=pixel_size_nm,
            notes=stack.notes,
        )


def load(
    model: str | Path | None = None,
    *,
    method: str | None = None,
    psf: str | Path | None = None,
    ensembling: bool = True,
    memory: str | None = None,
    tile: int | None = None,
    backend: str = "auto",
    threads: int | None = None,
    veil: str = "auto",
    leave_sharp: bool = True,
    conservative: bool = False,
) -> ArrayRestorer:
    """Load a trained model, or a classical method.

    Parameters
    ----------
    model : str or Path, optional
        A file, or a name that `semclear models` lists; by default the one
        that comes with the package.
    method : str, optional
        A classical method instead, as `semclear restore --method`.
    psf : str or Path, optional
        Image file of a measured point spread function, for a method that
        takes one, as `semclear restore --psf`.
    ensembling : bool
        Take the mean over several orientations, which gives the uncertainty.
    memory : str, optional
        What restoring may take beside what this process holds, like "2GB".
    tile : int, optional
        Side of the tiles in pixels; chosen by memory by default.
    backend : str
        "auto", "tensorflow", "jax" or "torch": of Keras.
    threads : int, optional
        By default OMP_NUM_THREADS, or all that this process may use.
    veil : str
        "auto", "keep" or "lift", as `semclear restore --veil`.
    leave_sharp : bool
        Whether what is sharp already comes back as it is; False is
        `semclear restore --even-if-sharp`.
    conservative : bool
        Leave out what the micrograph cannot support, as
        `semclear restore --conservative`.

    Returns
    -------
    ArrayRestorer
        With `restore` and `inspect`.

    Raises
    ------
    SemclearError
        When there is no such model or method, the file is damaged or of
        another version, or the backend is not there.

    Examples
    --------
    >>> import semclear
    >>> semclear.load(method="clahe").name
    'clahe'
    >>> semclear.load("no-such-model", method="clahe")
    Traceback (most recent call last):
        ...
    semclear.errors.SemclearError: load: got a model and a method, expected one of the two
    """
    from semclear.tool.restore.memory import memory_amount

    if method is not None:
        if model is not None:
            raise SemclearError("load: got a model and a method, expected one of the two")
        given = backend, memory, tile, threads, ensembling, veil, leave_sharp, conservative
        if given != ("auto", None, None, None, True, "auto", True, False):
            raise SemclearError(
                "load: got backend, memory, tile, threads, ensembling, veil, leave_sharp or conservative with a "
                "method, which runs no network; leave it out"
            )
        return ArrayRestorer(engine.of_classical(method, psf=psf))
    if psf is not None:
        raise SemclearError("load: got psf without method, expected one that deconvolves, like wiener")
    return ArrayRestorer(
        engine.of_model(
            catalogue.find(None if model is None else str(model), option="model"),
            backend=backend,
            threads=threads,
            ensembling=ensembling,
            memory=None if memory is None else memory_amount(memory),
            tile=tile,
            veil=veil,
            leave_sharp=leave_sharp,
            conservative=conservative,
        )
    )
