"""The study with data and results in an S3 bucket, by Snakemake's storage plugin: are its files those of one on disk?

    python -m benchmarks.services.storage --work FOLDER [--alone CLONE]

The smallest study runs with SNAKEMAKE_PROFILE=profiles/s3 and the variables
of `benchmarks.services.s3`, and nothing else. What then lies in the bucket
must be what a run on disk made, byte for byte; of an earlier run
(``--alone``, a clone by `benchmarks.kills` or `benchmarks.services.shared`)
releases are left out, which name the commit. Rows go to
benchmarks/results/shared.csv.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.kills import COMMANDS, Clone, smallest
from benchmarks.services import s3
from benchmarks.services.shared import TABLE, Findings, client_options, exit_code, with_services

PART = "study in a bucket"


def in_bucket(variables: Mapping[str, str]) -> dict[str, str]:
    """Return SHA-256 by name of every file below data/ and results/ in the bucket."""
    import boto3

    client, found = boto3.client("s3", **client_options(variables)), {}
    top = "study/"
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=s3.BUCKET, Prefix=top):
        for entry in page.get("Contents", []):
            name = entry["Key"].removeprefix(top)
            if name.startswith(("data/", "results/")) and not name.endswith("/"):
                body = client.get_object(Bucket=s3.BUCKET, Key=entry["Key"])["Body"].read()
                found[name] = hashlib.sha256(body).hexdigest()
    return found


def compared(files: Mapping[str, str], release: bool) -> dict[str, str]:
    """Return what must be equal: no time stamps or seconds a job, and releases only where the commit is the same."""
    skipped = ("results/benchmarks/", *(() if release else ("results/release/",)))
    return {
        name: digest
        for name, digest in files.items()
        if name != "dvc.lock" and not name.startswith(skipped) and not Path(name).name.startswith(".")
    }


def main() -> int:
    """Add the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the service and the clones")
    parser.add_argument("--alone", type=Path, help="a finished clone instead of a run on disk")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the service would go on
    work = asked.work.resolve()
    home = work / "bucket"
    home.mkdir(parents=True, exist_ok=True)
    found = Findings(TABLE)
    with s3.started(home) as store:
        clone = with_services(
            Clone(work / "stored", reduce=smallest), {**store, "SNAKEMAKE_PROFILE": "profiles/s3"}
        )
        found.add(PART, "snakemake all, exit code", exit_code(clone, *COMMANDS["snakemake"]), 0)
        left = "" if "Nothing to be done" in clone.output_of("snakemake", "-n", "all") else "something"
        found.add(PART, "left to do", left, "")
        found.add(PART, "files on this disk", len(compared(clone.outputs(), True)), 0)
        stored = in_bucket(store)
        alone = (
            Clone(asked.alone.resolve(), found=True)
            if asked.alone
            else Clone(work / "alone", reduce=smallest)
        )
        if not asked.alone:
            found.add(PART, "the same on disk, exit code", exit_code(alone, *COMMANDS["snakemake"]), 0)
        mine = compared(stored, not asked.alone)
        yours = compared(alone.outputs(), not asked.alone)
        found.add(PART, "files", len(mine), len(yours))
        unequal = sorted(name for name in {*mine, *yours} if mine.get(name) != yours.get(name))
        found.add(PART, "files unlike those on disk", unequal[:10], [])
    return 1 if found.bad() else 0


if __name__ == "__main__":
    sys.exit(main())
