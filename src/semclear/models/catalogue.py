"""Finding trained models: by path, by name in the current project, or the one that comes with the package."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semclear.errors import SemclearError
from semclear.models import archive
from semclear.models.onnx_runtimes import ONNX_RUNTIME

if TYPE_CHECKING:
    from semclear.models.onnx_restorer import OnnxNetwork

SUFFIX = ".semclear"
ONNX = ".onnx"  # what `semclear export --format onnx` writes: a restorer alone
DEFAULT = "default"
PROJECT_FOLDERS = (Path("results/release"), Path("results/models"))
SCORES = Path("results/scores")
SHOWN = ("psnr", "ssim")


@dataclass(frozen=True)
class Model:
    """A model file that was found.

    Attributes
    ----------
    name : str
        By which `--model` finds it: the file's name without its suffix.
    path : Path
        Where it lies.
    where : str
        ``release``, ``study``, ``package`` or ``file``.
    """

    name: str
    path: Path
    where: str

    @cached_property
    def alias(self) -> str:
        """By which `--model` finds the package's own, too, and results call it: the name that its release has inside.

        "" where it is the same, and for all other models; the file is opened to find out.
        """
        if self.where != "package" or self.is_onnx:
            return ""
        try:
            with archive.Archive(self.path) as file:
                name = file.about.get("name")
        except SemclearError:
            return ""
        return name if isinstance(name, str) and name != self.name else ""

    @property
    def is_onnx(self) -> bool:
        """Whether it is an exported restorer, which ONNX Runtime runs without Keras."""
        return self.path.suffix == ONNX


@dataclass(frozen=True)
class Summary:
    """What a model file says of itself, without its weights.

    Attributes
    ----------
    model : Model
        The file.
    method : str
        As `Bundle.method`; "" where the file is damaged.
    dataset : str or None
        Name of the data set it was trained on.
    data_sha256 : str
        Hash of its manifest.
    training : dict
        Settings of the training.
    scores : dict
        Mean PSNR (dB) and SSIM on the test set, where they were measured.
    limits : tuple of str
        What a release's card says that it cannot do.
    megabytes : float
        Size of the file.
    problem : str
        Why it cannot be used; "" where it can.
    """

    model: Model
    method: str = ""
    dataset: str | None = None
    data_sha256: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    megabytes: float = 0.0
    problem: str = ""

    def record(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "name": self.model.name,
            "alias": self.model.alias or None,
            "path": str(self.model.path),
            "where": self.model.where,
            "method": self.method,
            "dataset": self.dataset,
            "data_sha256": self.data_sha256,
            "training": self.training,
            "scores": self.scores,
            "limits": list(self.limits),
            "megabytes": round(self.megabytes, 2),
            "problem": self.problem,
        }


def _package_folder() -> Path:
    return Path(str(resources.files("semclear") / "pretrained"))


def _folders(project: Path) -> Iterator[tuple[str, Path]]:
    yield "release", project / PROJECT_FOLDERS[0]
    yield "study", project / PROJECT_FOLDERS[1]
    yield "package", _package_folder()


def every(project: str | Path = ".") -> list[Model]:
    """Return all models that `find` knows by name, the first of equal names first: bundles before their ONNX files.

    Parameters
    ----------
    project : str or Path
        The project's folder, with ``results/release`` (released) and
        ``results/models`` (the study's own); the package's own come last.
    """
    return [
        Model(path.stem, path, where)
        for where, folder in _folders(Path(project))
        if folder.is_dir()
        for suffix in (SUFFIX, ONNX)
        for path in sorted(folder.glob(f"*{suffix}"))
    ]


def has_default() -> bool:
    """Return whether a model came with the package."""
    return (_package_folder() / f"{DEFAULT}{SUFFIX}").is_file()


def _refusal(name: str, known: list[Model], option: str) -> SemclearError:
    """Return the error for a name that no model has."""
    names = sorted({word for model in known for word in (model.name, model.alias) if word})
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    else:
        shown = sorted({f"{model.name} ({model.alias})" if model.alias else model.name for model in known})
        hint = f"there {'is' if len(shown) == 1 else 'are'} {', '.join(shown) or 'none'}"
    if all(model.where == "package" for model in known):
        hint += " (the models of a study have names in the study's folder alone: go there, or give the file's path)"
    return SemclearError(f"{option}: got {name!r}, expected a file or a name of `semclear models`; {hint}")


def find(name: str | None = None, project: str | Path = ".", option: str = "--model") -> Model:
    """Return the model of this path or name.

    Parameters
    ----------
    name : str, optional
        A file, or a name of `every`; without one, the package's own model.
    project : str or Path
        The project's folder.
    option : str
        What the person named it by, for messages.

    Raises
    ------
    SemclearError
        When there is none; says which there are.
    """
    if name is not None and not name.strip():
        raise SemclearError(
            f"{option}: got an empty name, expected a file or a name of `semclear models`; is a variable of "
            "your shell unset?"
        )
    if name is not None and (
        Path(name).suffix in (SUFFIX, ONNX) or len(Path(name).parts) > 1 or Path(name).is_file()
    ):
        path = Path(name).expanduser()
        if not path.is_file():
            raise SemclearError(
                f"{name}: got no such file, expected a model (*{SUFFIX} or *{ONNX}); see `semclear models`"
            )
        return Model(path.stem, path, "file")
    known = every(project)
    wanted = name or DEFAULT
    found = [model for model in known if model.name == wanted and (name or model.where == "package")]
    if found or (found := [model for model in known if model.alias == wanted]):
        return found[0]
    if name is None:
        names = sorted({model.name for model in known})
        raise SemclearError(
            f"{option}: this installation has no model of its own; give one "
            f"({', '.join(names) or 'no other is found here'}), or a classical method"
        )
    raise _refusal(name, known, option)


def bundle_of(name: str, purpose: str) -> Path:
    """Return the file of the bundle of this path or name, see `find`.

    Parameters
    ----------
    name : str
        A file, or a name of `every`.
    purpose : str
        Command or option that wants it, for messages.

    Raises
    ------
    SemclearError
        When there is none, it is an ONNX file, or it is damaged or no model.
    """
    model = find(name, option=purpose)
    if model.is_onnx:
        raise SemclearError(
            f"{purpose}: got {model.path}, a restorer alone, expected a bundle (*{SUFFIX}); use the one that it was "
            "exported from"
        )
    archive.Archive(model.path).close()
    return model.path


def opened(
    model: Model, threads: int | None = None, backend: str = ONNX_RUNTIME
) -> archive.Archive | OnnxNetwork:
    """Open a model's file without reading weights of an archive; to be closed, or used as a context manager.

    Parameters
    ----------
    model : Model
        The file.
    threads, backend : int and str, optional
        For an ONNX file: see `OnnxNetwork`; another backend than its runtimes is that of an archive.

    Returns
    -------
    Archive or OnnxNetwork
        Both have `header`, `about`, `digest` and `release`.

    Raises
    ------
    SemclearError
        When it is damaged or no model; for an ONNX file, also when its runtime is not installed.
    """
    if not model.is_onnx:
        return archive.Archive(model.path)
    from semclear.models.onnx_restorer import OnnxNetwork

    return OnnxNetwork(model.path, threads, backend)


def _found(card: Any, key: str) -> Any:
    """Return what stands under a key, at whatever depth, or None."""
    if not isinstance(card, dict):
        return None
    if key in card:
        return card[key]
    return next((found for inner in card.values() if (found := _found(inner, key)) is not None), None)


def _card_of_study(model: Model) -> dict[str, Any]:
    """Return the card of the study's scores of a model, or nothing where it was not scored."""
    path = model.path.parents[2] / SCORES / f"{model.name}.card.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return values if isinstance(values, dict) else {}
    except (OSError, ValueError):
        return {}


def summary_of(model: Model) -> Summary:
    """Return what a model file says of itself; one that cannot be read is told by its `problem`."""
    megabytes = model.path.stat().st_size / 1e6
    try:
        with opened(model, threads=1) as file:
            header, card = file.header, file.about.get("card")
    except SemclearError as error:
        return Summary(model, megabytes=megabytes, problem=str(error))
    card = card if isinstance(card, dict) else {}
    dataset, scores = _found(card, "data_set"), (card.get("scores") or {}).get("restored")
    if model.where == "study":
        study = _card_of_study(model)
        dataset = dataset or study.get("dataset")
        scores = scores or study.get("means", {}).get(header.get("method"), {})
    return Summary(
        model,
        method=str(header.get("method", "")),
        dataset=dataset,
        data_sha256=str(header.get("data_sha256", "")),
        training=dict(training) if isinstance(training := header.get("training"), dict) else {},
        scores={key: float(scores[key]) for key in SHOWN if scores and key in scores},
        limits=tuple(str(limit) for limit in card.get("limits") or ()),
        megabytes=megabytes,
    )
