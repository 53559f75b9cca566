"""Check that Snakemake, DVC and MLflow stay in step: 20 checks in fresh clones, at the smoke scale.

    python tools/check_pipeline.py           # all, about half an hour on two cores
    python tools/check_pipeline.py 2 3 17    # some

Each check starts from a clone that is built and clean, and leaves it so. The
exit code is 1 if one fails.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from pipeline_checks import CHECKS
from pipeline_checks.sandbox import PROJECT
from pipeline_checks.study import Study


def main() -> int:
    """Run the chosen checks and print each with its result and seconds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = CHECKS
    parser.add_argument("numbers", nargs="*", type=int, metavar="N", help=f"1 to {max(known)}; all if none")
    parser.add_argument("--keep", action="store_true", help="leave the clones for a look")
    chosen = parser.parse_args()
    unknown = set(chosen.numbers) - set(known)
    if unknown:
        parser.error(f"no such checks: {sorted(unknown)}")
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=PROJECT).returncode:
        print("note: changes that are not committed are not in the clones", flush=True)
    home = Path(tempfile.mkdtemp(prefix="semclear-checks-"))
    study = Study(home)
    failed = []
    for number, check in known.items():
        if chosen.numbers and number not in chosen.numbers:
            continue
        started = time.monotonic()
        try:
            check(study)
            result = "ok"
        except Exception:
            failed.append(number)
            result = "FAILED"
            traceback.print_exc()
        print(f"{number:2d}  {result:6s} {time.monotonic() - started:6.1f} s  {check.__doc__}", flush=True)
    if chosen.keep:
        print(f"clones: {home}")
    else:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{len(failed)} failed: {failed}" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
