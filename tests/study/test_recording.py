"""A study whose data and results lie in a bucket has nothing that dvc.lock could name."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from semclear.study import recording


def _workflow(provider: str | None) -> types.SimpleNamespace:
    """Return what `recording` looks at of a whole run of Snakemake."""
    everything = dict.fromkeys(("until", "omit_from", "allowed_rules", "batch", "target_jobs"))
    return types.SimpleNamespace(
        storage_settings=types.SimpleNamespace(
            default_storage_provider=provider, default_storage_prefix="s3://lab/study" if provider else None
        ),
        dag_settings=types.SimpleNamespace(targets={"all"}, **everything),
        rerun_triggers=[types.SimpleNamespace(name=name) for name in recording.TRIGGERS],
        executor_plugin="local",
        dryrun=False,
        exec_mode=types.SimpleNamespace(name="DEFAULT"),
        dag=types.SimpleNamespace(forcerules=set()),
        get_rule=lambda name: name,
    )


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return tmp_path


def test_nothing_is_recorded_of_results_in_a_bucket(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.record(_workflow("s3"), {})
    assert "dvc.lock not touched: data and results lie in s3://lab/study" in capsys.readouterr().err
    assert not (project / recording.RECORDED).exists()


@pytest.mark.parametrize(("provider", "forced"), [("s3", set()), (None, {"all"})])
def test_only_a_study_on_this_disk_is_run_again_to_be_recorded(
    provider: str | None, forced: set[str]
) -> None:
    workflow = _workflow(provider)
    assert recording.demand(workflow) == []
    assert workflow.dag.forcerules == forced
