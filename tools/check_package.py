"""Build sdist and wheel, and restore a drawn picture with the wheel alone in an environment of its own.

    python tools/check_package.py            # into build/package: build, check, install, restore
    python tools/check_package.py --keep     # and leave the environment for a look

The environment gets the wheel and what it depends on from the package index. The exit code is 1 where a step fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

#: Grains on a dark ground with noise, as 8-bit TIFF: enough for every check that restoring makes.
DRAW = """
import sys, numpy as np, tifffile
rng = np.random.default_rng(0)
y, x = np.mgrid[:128, :160]
image = np.full(y.shape, 60.0)
for _ in range(40):
    height, width, radius = rng.uniform(0, 128), rng.uniform(0, 160), rng.uniform(4, 12)
    image[(y - height) ** 2 + (x - width) ** 2 < radius**2] = rng.uniform(110, 220)
image += rng.normal(0, 8, image.shape)
tifffile.imwrite(sys.argv[1], np.clip(image, 0, 255).astype(np.uint8))
"""

#: The restored picture has the form of its input and is another picture.
COMPARE = """
import json, sys, tifffile
before, after = (tifffile.imread(name) for name in sys.argv[1:3])
assert (before.shape, before.dtype) == (after.shape, after.dtype), (after.shape, after.dtype)
assert (before != after).any()
print(json.load(open(sys.argv[2] + ".json", encoding="utf-8"))["semclear"])
"""


def call(*command: str | Path, cwd: Path = PROJECT) -> str:
    """Run a command, show it, and return what it printed; a failure ends this one."""
    shown = " ".join("'...'" if "\n" in str(part) else str(part) for part in command)
    print(f"$ {shown}", flush=True)
    # What is set for this project's own folder is not to help the wheel.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        print(done.stdout)
        sys.exit(
            f"error: got exit code {done.returncode} of the command above, expected 0; mend what it names"
        )
    return done.stdout


def built(folder: Path) -> tuple[Path, Path]:
    """Return sdist and wheel, made anew and checked."""
    shutil.rmtree(folder, ignore_errors=True)
    print(call(sys.executable, "-m", "build", "--outdir", folder).splitlines()[-1])
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    print(call(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel), end="")
    return sdist, wheel


def restored(wheel: Path, scratch: Path) -> None:
    """Install the wheel into an empty environment and restore a picture there."""
    venv.create(scratch / "environment", with_pip=True, clear=True)
    scripts = scratch / "environment" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    call(python, "-m", "pip", "install", "--quiet", wheel)
    picture, results = scratch / "drawn.tif", scratch / "restored"
    call(python, "-c", DRAW, picture, cwd=scratch)
    command = scripts / ("semclear.exe" if os.name == "nt" else "semclear")
    print(call(command, "restore", picture, "--output", results, cwd=scratch), end="")
    version = call(python, "-c", COMPARE, picture, results / picture.name, cwd=scratch).strip()
    print(f"semclear {version} restored {picture.name} from {wheel.name}")


def main() -> int:
    """Build, check, install and restore; print what each command says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheel", type=Path, help="take this wheel instead of building one")
    parser.add_argument("--keep", action="store_true", help="leave the environment for a look")
    chosen = parser.parse_args()
    wheel = chosen.wheel.resolve() if chosen.wheel else built(PROJECT / "build" / "package")[1]
    scratch = Path(tempfile.mkdtemp(prefix="semclear-package-"))
    try:
        restored(wheel, scratch)
    finally:
        if chosen.keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
