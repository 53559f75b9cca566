"""Damaged files: does reading one ever hang, take more memory than it may, or end in a traceback?

    python -m benchmarks.files.fuzz --work FOLDER --tries 5000 --cli 40

Each try damages one of the sound files of `damage.sound_files` and reads it in a process of its own, by the function
that `semclear restore` reads with; what can be read is written as well. The process has `--memory` MiB of address space
beside what it holds before, and 30 s of processor time. `--cli` files more go through `semclear restore --memory 2GB`
itself, with the default model, ten a call. What can be said of a file is one line that names it. Writes a row a hundred
tries to benchmarks/results/fuzz.csv and goes on where it stopped; faulty files stay in FOLDER/faults. Exit code 1 where
there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import psutil

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.files.damage import damaged, sound_files
from semclear.errors import SemclearError
from semclear.io import write
from semclear.io.formats.foreign import foreign_format
from semclear.tool.restore import one_file
from semclear.tool.restore.request import Request

COLUMNS = (
    *("kind", "block", "tries", "read", "refused", "traceback", "hang", "crash", "over_memory"),
    *("peak_mib", "slowest_cpu_s", "commit", "machine"),
)
FAULTS = ("traceback", "hang", "crash", "over_memory")
BLOCK, IN_A_CALL = 100, 10
CPU_S = 30
MIB = 2**20
CLI_MEMORY_MIB = 2048
KILLED_BY_CPU = 24
"""SIGXCPU."""


def attempt(path: Path) -> tuple[str, str]:
    """Read a file as `semclear restore` does, write what was read, and return the outcome and what was said."""
    try:
        original = one_file.read(path, Request((), Path()))
        copy = path.with_name("out") / write.name_for(original)
        write.write(copy, original, [page.image for page in original.pages])
    except SemclearError as error:
        text = str(error)
        return ("refused" if path.name in text and "\n" not in text else "traceback"), text
    except Exception:
        return "traceback", traceback.format_exc()
    return "read", ""


def in_a_child(path: Path, memory_mib: int) -> dict[str, float | str]:
    """Try a file in a child process and return outcome, what was said, its peak memory, and its processor time."""
    ours = psutil.Process().memory_info()
    output, place = tempfile.mkstemp(dir=path.parent)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            limit = ours.vms + memory_mib * MIB
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.write(output, json.dumps(attempt(path)).encode()[-60000:])
            code = 0
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    os.close(output)
    said = Path(place).read_text(encoding="utf-8")
    Path(place).unlink()
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        outcome, text = json.loads(said)
    else:
        outcome, text = ("hang" if -code == KILLED_BY_CPU else "crash"), f"ended with code {code}"
    peak = used.ru_maxrss / 1024
    if outcome in ("read", "refused") and peak > memory_mib + ours.rss / MIB:
        outcome = "over_memory"
    return {"outcome": outcome, "text": text, "peak_mib": peak, "cpu_s": used.ru_utime + used.ru_stime}


def keep(folder: Path, name: str, path: Path, text: str) -> None:
    """Keep a faulty file and what was said of it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / f"{name}{path.suffix}")
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    print(f"fault {name}{path.suffix}: {text.strip().splitlines()[-1] if text.strip() else ''}", flush=True)


def made(number: int, sound: list[Path], folder: Path) -> Path:
    """Write the damaged file of a number: the same each time."""
    rng = np.random.default_rng([1859, number])
    source = sound[int(rng.integers(len(sound)))]
    path = folder / f"f{number}{source.suffix}"
    path.write_bytes(damaged(source.read_bytes(), rng))
    return path


def row_of(kind: str, block: int, outcomes: Counter[str], peak: float, slowest: float) -> dict[str, object]:
    """Return a row of the table."""
    counted = {name: outcomes[name] for name in ("read", "refused", *FAULTS)}
    return {
        "kind": kind,
        "block": block,
        "tries": sum(outcomes.values()),
        **counted,
        "peak_mib": peak,
        "slowest_cpu_s": slowest,
        "commit": commit(),
        "machine": machine(),
    }


def read_block(block: int, tries: int, sound: list[Path], work: Path, memory_mib: int) -> dict[str, object]:
    """Try a block of files in children and return its row."""
    outcomes: Counter[str] = Counter()
    peak = slowest = 0.0
    for number in range(block * BLOCK, block * BLOCK + tries):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            path = made(number, sound, Path(folder))
            found = in_a_child(path, memory_mib)
            outcome = str(found["outcome"])
            outcomes[outcome] += 1
            peak, slowest = max(peak, float(found["peak_mib"])), max(slowest, float(found["cpu_s"]))
            if outcome in FAULTS:
                keep(work / "faults", str(number), path, str(found["text"]))
    return row_of("read", block, outcomes, peak, slowest)


def cli_block(block: int, tries: int, sound: list[Path], work: Path) -> dict[str, object]:
    """Put a block of files through one call of `semclear restore` and return its row."""
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=work) as folder:
        files = Path(folder) / "in"
        files.mkdir()
        first = 10**6 + block * IN_A_CALL
        names = [made(number, sound, files).name for number in range(first, first + tries)]
        words = ["restore", str(files), "-o", str(Path(folder) / "out"), "--json", "--threads", "1"]
        words += ["--memory", f"{CLI_MEMORY_MIB}MiB"]
        log, errors = Path(folder) / "log", Path(folder) / "errors"
        with log.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen([sys.executable, "-m", "semclear.cli", *words], stdout=out, stderr=err)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        told = errors.read_text(encoding="utf-8", errors="replace")
        try:
            results = json.loads(log.read_text(encoding="utf-8"))["files"]
        except (ValueError, KeyError):
            results = []
        for result in results:
            failed = bool(result.get("error"))
            outcomes["traceback" if result.get("traceback") else "refused" if failed else "read"] += 1
        lost = len(names) - len(results)
        if lost or "Traceback" in told:
            outcomes["crash"] += max(lost, 1)
            print(f"call {block}: code {process.returncode}: {told[-1500:]}", flush=True)
        peak = used.ru_maxrss / 1024
        if peak > CLI_MEMORY_MIB:
            outcomes["over_memory"] += 1
            outcomes["read"] -= 1
        if any(outcomes[name] for name in FAULTS):
            shutil.copytree(files, work / "faults" / f"call{block}", dirs_exist_ok=True)
    return row_of("cli", block, outcomes, peak, used.ru_utime + used.ru_stime)


def main() -> int:
    """Try as many files as asked for, block by block."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the files")
    parser.add_argument("--tries", type=int, default=5000, help="hundreds are counted together")
    parser.add_argument("--cli", type=int, default=40, help="files for the command itself, ten a call")
    parser.add_argument("--memory", type=int, default=1024, help="MiB that reading may take")
    parser.add_argument("--table", type=Path, default=ROOT / "benchmarks" / "results" / "fuzz.csv")
    asked = parser.parse_args()
    table = Ledger(asked.table, COLUMNS, ("kind", "block"))
    work = asked.work.resolve()
    sound = sound_files(work / "sound")
    cv2.setNumThreads(1)
    for (
        known
    ) in foreign_format.formats().values():  # loaded before the forks, so that their time is not counted
        foreign_format.loaded(known)
    for block in range(-(-asked.tries // BLOCK)):
        if not table.done(kind="read", block=block):
            table.add([read_block(block, min(BLOCK, asked.tries - block * BLOCK), sound, work, asked.memory)])
            print(" ".join(f"{key} {value}" for key, value in table.rows[-1].items()), flush=True)
    for block in range(-(-asked.cli // IN_A_CALL)):
        if not table.done(kind="cli", block=block):
            table.add([cli_block(block, min(IN_A_CALL, asked.cli - block * IN_A_CALL), sound, work)])
            print(" ".join(f"{key} {value}" for key, value in table.rows[-1].items()), flush=True)
    total = {
        name: sum(int(row[name]) for row in table.rows) for name in ("tries", "read", "refused", *FAULTS)
    }
    print(*(f"{value} {name}" for name, value in total.items()), sep=", ")
    return 1 if any(total[name] for name in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
