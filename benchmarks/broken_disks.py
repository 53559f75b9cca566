"""Every writing rule of the study on a full, a read-only, a worn-out disk, and damaged files: what is said, and after?

    python -m benchmarks.broken_disks --work FOLDER [--built CLONE]

Takes a finished smallest study (smoke scale, one data set, two trainings) and
runs each rule that writes, by Snakemake, while the folder of its outputs is a
small tmpfs without space, one without room for another file, or one that is
read-only. Then inputs are damaged: a byte of a model, a micrograph cut in the
middle, a byte of a file in DVC's cache. Each must end with an exit code other
than 0 and name the file in words; after the cause is gone the same command
must finish, with the bytes of before. Needs `unshare` with mounts of its own.
A row each goes to benchmarks/results/broken_disks.csv; rows that are there
are not made again.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from benchmarks.common.ledger import Ledger
from benchmarks.common.provenance import ROOT, commit, machine
from benchmarks.kills import COMMANDS, Clone, clone_parser, smallest
from semclear.files import SCRATCH, sha256

TABLE = ROOT / "benchmarks" / "results" / "broken_disks.csv"
COLUMNS = (
    "trouble", "what", "exit_code", "names_file", "tracebacks", "said", "half_written", "again", "files_unequal",
    "commit", "machine",
)  # fmt: skip
#: Run before the command, in a view of the file system of its own.
DISKS = {
    "no space": "mount -t tmpfs -o size=16k tmpfs {folder} && dd if=/dev/zero of={folder}/filler status=none; ",
    "no more files": "mount -t tmpfs -o nr_inodes=1 tmpfs {folder}; ",
    "read-only": "mount -t tmpfs -o ro tmpfs {folder}; ",
}
#: Rule, the folder that its outputs go to, and one of them.
RULES = (
    ("synthesize", "data/scenes", "data/scenes/manifest.json"),
    ("degrade", "data/fog", "data/fog/manifest.json"),
    ("ingest", "data/own", "data/own/manifest.json"),
    ("settings", "results/settings", "results/settings/fog.json"),
    ("train", "results/models", "results/models/fog.semclear"),
    ("restore", "results/restored/fog", "results/restored/fog/manifest.json"),
    ("classical", "results/classical/fog", "results/classical/fog/manifest.json"),
    ("score", "results/scores", "results/scores/fog.csv"),
    ("score_classical", "results/scores", "results/scores/classical-fog.csv"),
    ("tabulate", "results/tables", "results/tables/scores.csv"),
    ("plot", "results/figures", "results/figures/losses_fog.png"),
    ("release", "results/release", "results/release/fog.semclear"),
)


def command_of(rule: str, output: str) -> list[str]:
    """Return the command that runs one rule, whatever is up to date."""
    return ["snakemake", "--cores", "2", "--nocolor", "--forcerun", rule, "--until", rule, "--", output]


def hashes(folder: Path) -> dict[str, str]:
    """Return SHA-256 by name of the files below a folder."""
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".snakemake_timestamp"
    }


def sentence(text: str, wanted: str) -> str:
    """Return the first line of an error that fits `wanted`, else the last line of an error, else nothing."""
    lines = [line.strip(" |") for line in text.splitlines()]
    errors = [line for line in lines if re.match(r"(error|ERROR): |\S+: (got|cannot)", line)]
    return next((line for line in errors if re.search(wanted, line)), errors[-1] if errors else "")


class Trial:
    """One trouble after another in one clone.

    Parameters
    ----------
    clone : Clone
        A finished study.
    ledger : Ledger
        Takes the rows.
    """

    def __init__(self, clone: Clone, ledger: Ledger) -> None:
        self.clone, self.ledger = clone, ledger
        self._of = {"commit": commit(), "machine": machine()}

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; what it prints on either stream is its ``stdout``."""
        return subprocess.run(
            words,
            cwd=self.clone.folder,
            env=self.clone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def add(
        self,
        trouble: str,
        what: str,
        folder: str,
        wanted: str,
        broken: Callable[[], subprocess.CompletedProcess[str]],
        again: Callable[[], int],
    ) -> None:
        """Add the row of one trouble, unless it is there.

        Parameters
        ----------
        trouble, what : str
            Name the row.
        folder : str
            Must hold the same bytes in the end.
        wanted : str
            Regular expression that the sentence must fit: it names the file.
        broken : callable
            Runs the command in trouble.
        again : callable
            Takes the cause away, runs the same command and returns its exit code.
        """
        if self.ledger.done(trouble=trouble, what=what):
            return
        place = self.clone.folder / folder
        before = hashes(place)
        done = broken()
        said = sentence(done.stdout, wanted)
        half = [path for path in place.rglob("*") if SCRATCH.fullmatch(path.name)]
        found = {
            "exit_code": done.returncode,
            "names_file": bool(re.search(wanted, said)),
            "tracebacks": done.stdout.count("Traceback"),
            "said": said.replace(str(self.clone.folder), "."),
            "half_written": len(half),
        }
        found["again"] = again()
        after = hashes(place)
        found["files_unequal"] = sum(before.get(name) != after.get(name) for name in {*before, *after})
        row = {"trouble": trouble, "what": what} | found | self._of
        self.ledger.add([row])
        print(*(row[name] for name in COLUMNS[:-2]), sep=" | ", flush=True)


def with_own_micrographs(clone: Clone, home: Path) -> None:
    """Add a data set of two folders of micrographs: copies of the study's own."""
    for name in ("clear", "degraded"):
        shutil.rmtree(home / name, ignore_errors=True)
        (home / name).mkdir(parents=True)
        source = clone.folder / "data" / ("scenes" if name == "clear" else "fog") / "images"
        for number, path in enumerate(sorted(source.rglob("*.png"))):
            shutil.copy(path, home / name / f"{number:03d}.png")
    file = clone.folder / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["real"] = {"own": {name: str(home / name) for name in ("clear", "degraded")}}
    file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def disks(trial: Trial) -> None:
    """Try every rule on every disk."""
    for rule, folder, output in RULES:
        words = command_of(rule, output)
        for disk, script in DISKS.items():
            line = script.format(folder=folder) + shlex.join(words)
            trial.add(
                disk,
                rule,
                folder,
                rf"(^|[ /]){folder}\S*: cannot be written \(",
                lambda line=line: trial.run(["unshare", "-rm", "bash", "-c", line]),
                lambda words=words: trial.run(words).returncode,
            )


def damages(trial: Trial) -> None:
    """Damage inputs, and a file of DVC's cache that ``dvc checkout`` puts in place."""
    folder = trial.clone.folder
    manifest = json.loads((folder / "data/fog/manifest.json").read_text(encoding="utf-8"))
    image = next(record["image"] for record in manifest["records"] if record.get("split") == "test")
    for what, name, rule, output in (
        ("a byte of a model", "results/models/fog.semclear", "restore", RULES[5][2]),
        ("a micrograph cut in the middle", f"data/fog/{image}", "restore", RULES[5][2]),
        ("a manifest cut in the middle", "data/fog/manifest.json", "classical", RULES[6][2]),
    ):
        path, words = folder / name, command_of(rule, output)
        # Snakemake would make a changed file anew, where its maker is allowed: only this rule may run.
        words = [*words[: words.index("--until")], "--allowed-rules", rule, "--", output]
        content = path.read_bytes()
        middle = len(content) // 2
        cut = content[:middle]
        flipped = cut + bytes([content[middle] ^ 1]) + content[middle + 1 :]

        def broken(
            path: Path = path, words: list[str] = words, bad: bytes = cut if "cut" in what else flipped
        ) -> Any:
            path.write_bytes(bad)
            return trial.run(words)

        def again(path: Path = path, words: list[str] = words, content: bytes = content) -> int:
            path.write_bytes(content)
            return trial.run(words).returncode

        trial.add(
            "damaged",
            what,
            "results/restored" if rule == "restore" else "results/classical",
            re.escape(path.name),
            broken,
            again,
        )
    cached(trial)


def cached(trial: Trial) -> None:
    """Flip a byte of a model's copy in DVC's cache, lose the model, and take it from the cache again."""
    folder = trial.clone.folder
    model = folder / "results/models/fog.semclear"
    lock = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))
    (digest,) = [
        out["md5"]
        for out in lock["stages"]["train@fog"]["outs"]
        if out["path"] == "results/models/fog.semclear"
    ]
    kept = folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    content = kept.read_bytes()
    middle = len(content) // 2
    words = ["bash", "-c", "dvc checkout --force && semclear sync"]

    def broken() -> Any:
        kept.chmod(0o644)
        kept.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        model.unlink()
        return trial.run(words)

    def again() -> int:
        model.unlink(missing_ok=True)  # both copies are bad: the message says so
        kept.write_bytes(content)
        return trial.run(words).returncode

    trial.add("damaged", "a byte in DVC's cache", "results/models", r"fog\.semclear", broken, again)


def main() -> int:
    """Add the rows that lack."""
    asked = clone_parser(__doc__, TABLE).parse_args()
    work = asked.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    place = asked.built.resolve() if asked.built else work / "disks"
    found = place.is_dir()
    clone = Clone(place, found=found, reduce=smallest)
    if not asked.built and clone.start(*COMMANDS["snakemake"]).wait() != 0:
        sys.exit(clone.log.read_text(encoding="utf-8")[-3000:])
    ledger = Ledger(asked.table, COLUMNS, ("trouble", "what"))
    trial = Trial(clone, ledger)
    damages(trial)
    with_own_micrographs(clone, work / "micrographs")
    words = command_of("ingest", "data/own/manifest.json")
    if trial.run(words).returncode != 0:
        sys.exit("the rule ingest does not run undisturbed")
    disks(trial)
    bad = [row for row in ledger.rows if not ended_well(row)]
    print(f"{len(ledger.rows)} troubles, {len(bad)} of them not as they should be")
    return 1 if bad else 0


def ended_well(row: dict[str, str]) -> bool:
    """Return whether a row's trouble was told, cost nothing else, and was over with its cause."""
    told = row["exit_code"] != "0" and row["names_file"] == "True" and row["tracebacks"] == "0"
    return told and {row[name] for name in ("half_written", "again", "files_unequal")} == {"0"}


if __name__ == "__main__":
    sys.exit(main())
