"""A volume restored by two workers of dask.distributed, one of which is killed in the middle."""

import os
import signal

import numpy as np
import pytest
import volumes_on_disk

from semclear.tool.restore import engine as engines
from semclear.tool.restore.request import Request
from semclear.tool.volumes import restore

distributed = pytest.importorskip("distributed")
zarr = pytest.importorskip("zarr")
pytestmark = [pytest.mark.extras, pytest.mark.slow]

METHOD = "percentile-stretch"


def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path):
    pictures = np.stack([volumes_on_disk.picture(300, 300, seed) for seed in range(8)])
    source = volumes_on_disk.write(tmp_path / "v.zarr", (255 * pictures).round().astype(np.uint8))
    made, killed = engines.of_classical(METHOD), []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())

        def progress(done, total):
            if done > 0.4 and not killed:
                os.kill(pids[0], signal.SIGKILL)
                killed.append(pids[0])

        request = Request(
            (str(source),), tmp_path / "out.zarr", method=METHOD, cluster=cluster.scheduler_address
        )
        done = restore.restore(source, tmp_path / "out.zarr", request, made, progress)
    assert killed and done.status == "restored" and len(done.record["pages"]) == 8
    here = Request((str(source),), tmp_path / "here.zarr", method=METHOD)
    alone = restore.restore(source, tmp_path / "here.zarr", here, made, lambda done, total: None)
    for level in zarr.open_group(str(tmp_path / "here.zarr"), mode="r").array_keys():
        one, other = (
            zarr.open_group(str(tmp_path / name), mode="r")[level] for name in ("out.zarr", "here.zarr")
        )
        assert np.array_equal(one[...], other[...])
    assert [page["trust"] for page in done.record["pages"]] == [
        page["trust"] for page in alone.record["pages"]
    ]
