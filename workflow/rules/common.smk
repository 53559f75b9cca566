# What the rules share: names, slices of params.yaml, source files, threads.
import math
import os

import yaml

from semclear.evaluation.figures.names import figure_names
from semclear.evaluation.release.names import release_names, released
from semclear.params.slices import slice_of
from semclear.study.step_code import files_of, installed_files_of

MODELS = sorted(config["experiments"])
SYNTHETIC = sorted(config["degradations"])
REAL = sorted(config["real"])
DATASETS = SYNTHETIC + REAL
# Models that come along, and the views that they are trained on: no part of `all`.
PRETRAINED = sorted(config.get("pretrained", {}))
VIEWS = sorted(config.get("views", {}))
SCORED = MODELS + [f"classical-{name}" for name in DATASETS]


wildcard_constraints:
    model="|".join(MODELS + PRETRAINED),
    dataset="|".join(DATASETS + VIEWS),


def cfg(step):
    """The slice of params.yaml that `step` may see, as JSON: names and values both count as a change."""
    return lambda wildcards: slice_of(step, config, **dict(wildcards))


def code(step):
    """The source files that `step` runs: edited, they make it run again. They stay here where data lie in a bucket."""
    if (
        workflow.modifier.skip_configfile
    ):  # another folder's, where the sources are no part
        return [local(file) for file in installed_files_of(step)]
    return [local(file) for file in files_of(step, ROOT)]


def data_of(wildcards):
    """The manifest of the data set that a model is trained on."""
    lines = {**config.get("pretrained", {}), **config["experiments"]}
    return f"data/{lines[wildcards.model]['dataset']}/manifest.json"


def images_of(*datasets):
    """The images of data sets, as inputs where files lie in a bucket, from which inputs alone are fetched.

    On a disk there are none: the manifest stands for them. A synthetic set's clear micrographs are the scenes'.
    """
    if not workflow.storage_settings.default_storage_provider:
        return []
    scenes = ["scenes"] if set(datasets) & set(SYNTHETIC) else []
    return [f"data/{name}/images" for name in sorted({*datasets, *scenes})]


def restored_images(*folders):
    """The images of restored sets, likewise."""
    stored = workflow.storage_settings.default_storage_provider
    return [f"results/{folder}/images" for folder in folders] if stored else []


def dataset_of(wildcards):
    """The name of the data set that a model is trained on."""
    return Path(data_of(wildcards)).parent.name


def folder_of(file):
    """Where an output lies: in a folder of its own where files lie in a bucket."""
    return Path(file).parent.as_posix()


def scenes_of(wildcards):
    """The manifest whose scenes hold the objects: views hold their own."""
    dataset = Path(data_of(wildcards)).parent.name
    return f"data/{dataset if dataset in VIEWS else 'scenes'}/manifest.json"


def processors():
    """Processors that this process may use, by what the system and this Python can say."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def network_threads(wildcards):
    """Threads as Snakemake counts them: `--cores` may name more than the machine has; on a cluster it names nothing."""
    times = math.ceil((workflow.resource_settings.cores or 1) / processors())
    return config["compute"]["threads"] * max(1, times)


GPUS = pipeline.gpus()

with open(workflow.source_path("../resources.yaml"), encoding="utf-8") as stream:
    MEASURED = yaml.safe_load(stream)


def asked(kind, rule):
    """What a job of `rule` asks a scheduler for: what was measured, with room, and twice as much at each retry."""
    scale = MEASURED[config["scale"]]
    measured = scale.get(rule, scale["others"])[kind]
    return lambda wildcards, attempt: measured * MEASURED["spare"] * 2 ** (attempt - 1)


CATEGORIES = {
    "side_by_side": "Restored micrographs",
    "metrics": "Comparison of methods",
    "gap_closure": "Comparison of methods",
    "trust": "Comparison of methods",
    "reliability": "Checks of the models",
    "degradation": "Checks of the models",
    "losses": "Trainings",
    "ablation": "Ablation",
}


def _kind_of(figure):
    return next(kind for kind in CATEGORIES if Path(figure).name.startswith(kind))


def caption_of(figure):
    return f"../report/{_kind_of(figure)}.rst"


def category_of(figure):
    return CATEGORIES[_kind_of(figure)]
