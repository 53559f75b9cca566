"""`semclear models`: what models there are, and what is known of them."""

from __future__ import annotations

import json

from semclear.models import catalogue
from semclear.models.catalogue import Summary
from semclear.tool.terminal import aligned


def _scores(summary: Summary) -> str:
    units = {"psnr": "{:.2f} dB", "ssim": "{:.3f} SSIM"}
    return ", ".join(units[key].format(value) for key, value in summary.scores.items()) or "-"


def _row(summary: Summary) -> list[str]:
    model = summary.model
    return [
        f"{model.name} ({model.alias})" if model.alias else model.name,
        summary.dataset or "-",
        summary.method or "DAMAGED",
        _scores(summary),
        summary.data_sha256[:12] or "-",
        f"{summary.megabytes:.1f} MB",
        summary.model.where,
        str(summary.model.path),
    ]


def text_of(summaries: list[Summary]) -> str:
    """Return the list for people."""
    if not summaries:
        return (
            "No models: none in results/release or results/models of this folder, none in the package. "
            "Train some (`make all`), or go to the project's folder."
        )
    head = ["name", "data set", "method", "test scores", "training data", "size", "from", "file"]
    lines = [aligned(head, [_row(summary) for summary in summaries], right=(5,))]
    lines += [f"{summary.model.name}: {summary.problem}" for summary in summaries if summary.problem]
    return "\n".join(lines)


def run(as_json: bool) -> None:
    """Print all models; of equal names `--model` takes the first."""
    summaries = [catalogue.summary_of(model) for model in catalogue.every()]
    if as_json:
        print(json.dumps([summary.record() for summary in summaries], indent=1, sort_keys=True))
    else:
        print(text_of(summaries))
