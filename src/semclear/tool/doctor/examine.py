"""`semclear doctor`: all that is found out, as JSON and for people."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from typing import Any

from semclear import __version__
from semclear.errors import SemclearError
from semclear.restoration.tiled.memory import text_of as bytes_text
from semclear.tool import runtime
from semclear.tool.doctor import computer, packages, probe
from semclear.tool.terminal import aligned

YES, NO, UNSAID = "yes", "no", "unknown"
UNANSWERED = "not known"
NAMED = 3
"""Missing packages of an extra that are written out; JSON has all."""


def _chosen() -> tuple[str | None, str | None]:
    """Return the backend that restoring takes, or None and why there is none."""
    try:
        return runtime.backend_for("auto"), None
    except SemclearError as error:
        return None, str(error)


def _worked(said: Mapping[str, Any]) -> bool | None:
    """Return whether an answer of `probe.ask` is one; None where none came in time, which tells nothing."""
    return None if said.get("error") == probe.NO_ANSWER else "error" not in said


def document(patience: float = probe.PATIENCE) -> dict[str, Any]:
    """Find out what this installation can do.

    Parameters
    ----------
    patience : float
        Seconds for backends to be loaded.

    Returns
    -------
    dict
        As JSON holds it. ``backend``: ``chosen`` (null with ``problem``), and in ``installed`` by name the version
        and what `probe.answer` or its failure say; ``model`` and ``classical``: whether they ``work`` (null where no
        answer came in time: it is not known), and the ``problem``.
    """
    versions = packages.versions()
    chosen, problem = _chosen()
    installed = [name for name in runtime.BACKENDS if versions[name] is not None]
    asked: dict[str, str] = {name: name + probe.MODEL if name == chosen else name for name in installed}
    more = [probe.CLASSICAL, *([runtime.ONNX_RUNTIME] if versions["onnxruntime"] else [])]
    said = probe.ask([*asked.values(), *more], patience=patience)
    of_model = said[asked[chosen]] if chosen else {"error": problem}
    return {
        "semclear": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
        "processor": {**computer.processor(), **computer.threads()},
        "memory": computer.memory(),
        "disk_free": computer.disks(),
        "backend": {
            "chosen": chosen,
            "problem": problem,
            "installed": {name: {"version": versions[name], **said[words]} for name, words in asked.items()},
        },
        "onnxruntime": {"version": versions["onnxruntime"], **said.get(runtime.ONNX_RUNTIME, {})},
        "versions": versions,
        "extras": packages.extras(),
        "model": {
            "works": _worked(of_model),
            "problem": of_model.get("error"),
            "name": of_model.get("model"),
        },
        "classical": {
            "works": _worked(said[probe.CLASSICAL]),
            "problem": said[probe.CLASSICAL].get("error"),
        },
    }


def _device(found: Mapping[str, Any]) -> str:
    if "error" in found:
        return f"{'DOES NOT LOAD' if _worked(found) is False else UNANSWERED}: {found['error']}"
    return ", ".join(found["gpus"]) or "no GPU seen: it computes on the processor"


def _features(found: Mapping[str, bool | None]) -> str:
    names = {True: YES, False: NO, None: UNSAID}
    return ", ".join(f"{name} {names[there]}" for name, there in found.items())


def _extra_rows(extras: list[dict[str, Any]]) -> list[list[str]]:
    rows = []
    for one in extras:
        if one["missing"] is None:
            state = "unknown: semclear is not installed here, it runs from its sources"
        elif one["missing"]:
            names = one["missing"][:NAMED] + [f"{len(one['missing']) - NAMED} more"] * (
                len(one["missing"]) > NAMED
            )
            state = f"missing {', '.join(names)}: {one['command']}"
        else:
            state = "there"
        rows.append([f"  {one['name']}", f"{one['for']}; {state}"])
    return rows


def text_of(found: Mapping[str, Any]) -> str:
    """Return a `document` for people."""
    backend, processor, memory = found["backend"], found["processor"], found["memory"]
    runtime_of_onnx = found["onnxruntime"]
    said = runtime_of_onnx.get("error") or ", ".join(runtime_of_onnx.get("providers", []))
    said = said if _worked(runtime_of_onnx) is not None else f"{UNANSWERED}: {said}"
    others = {
        name: version
        for name, version in found["versions"].items()
        if name not in (*runtime.BACKENDS, runtime.ONNX_RUNTIME)
    }
    rows = [
        ["semclear", f"{found['semclear']}, Python {found['python']} ({found['executable']})"],
        ["system", found["system"]],
        ["processor", processor["model"]],
        ["  features", _features(processor["features"])],
        ["  threads", f"{processor['threads']} of {processor['processors']} ({processor['by']})"],
        [
            "memory",
            f"{bytes_text(memory['available'])} of {bytes_text(memory['total'])} free; restoring takes up to "
            f"{bytes_text(memory['default'])} beside the program, or what --memory says",
        ],
        *(["disk", f"{bytes_text(free)} free in {folder}"] for folder, free in found["disk_free"].items()),
        ["Keras backend", backend["chosen"] or "NONE"],
        *([f"  {name}", f"{one['version']}; {_device(one)}"] for name, one in backend["installed"].items()),
        [
            "ONNX Runtime",
            f"{runtime_of_onnx['version']}; {said}" if runtime_of_onnx["version"] else "not installed",
        ],
        ["packages", ", ".join(f"{name} {version or 'NOT INSTALLED'}" for name, version in others.items())],
        ["extras", ""],
        *_extra_rows(found["extras"]),
        ["model", _works(found["model"], f"{found['model']['name']} loads")],
        ["classical", _works(found["classical"], "the methods work")],
    ]
    first, *others_of_table = rows
    return f"{aligned(first, others_of_table)}\n\n{_verdict(found)}"


def _works(found: Mapping[str, Any], text: str) -> str:
    if found["works"]:
        return text
    return f"{UNANSWERED if found['works'] is None else 'DOES NOT WORK'}: {found['problem']}"


def _verdict(found: Mapping[str, Any]) -> str:
    """Return what a `document` comes to, in a sentence."""
    model, classical = found["model"]["works"], found["classical"]["works"]
    if model:
        return "This installation restores micrographs."
    if model is False and classical:
        return "No model can be loaded here; classical methods work (--method)."
    if not can_restore(found):
        return "NOTHING can restore here: install semclear anew."
    names = " and ".join(
        name for name, works in (("the model", model), ("the classical methods", classical)) if works is None
    )
    rest = ""
    if model is False:
        rest = " No model can be loaded here."
    elif classical is not None:
        rest = " Classical methods work (--method)." if classical else " Classical methods do not work."
    return (
        f"NOT KNOWN for lack of an answer in time: {names}. Ask again when less runs on this computer.{rest}"
    )


def can_restore(found: Mapping[str, Any]) -> bool:
    """Return whether anything of a `document` restores, or may: what did not answer in time is not known to fail."""
    return found["model"]["works"] is not False or found["classical"]["works"] is not False


def run(as_json: bool) -> int:
    """Print what is found out.

    Returns
    -------
    int
        0; 1 where it is known that nothing can restore.
    """
    found = document()
    print(json.dumps(found, indent=1, sort_keys=True) if as_json else text_of(found))
    return 0 if can_restore(found) else 1
