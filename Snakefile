# The whole study: `snakemake --cores 8 all`.
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

# Not of the first file that was read: workflow/Snakefile may have included this one. A workflow that snakedeploy has
# deployed is read from elsewhere, and runs the installed package.
HERE = workflow.current_basedir
ROOT = Path(HERE.get_path_or_uri(secret_free=True)).resolve() if HERE.is_local else None
if ROOT is not None:
    sys.path.insert(0, str(ROOT / "src"))

try:
    from semclear.study import pipeline, recording
except ImportError as error:
    sys.exit(
        f"semclear cannot be imported here ({error}), expected the package of this workflow's version with its extra "
        "study; see config/README.md"
    )

pipeline.start(workflow, ROOT, config if workflow.modifier.skip_configfile else None)


configfile: "params.yaml"


# A second's work is no job for a cluster.
localrules:
    all,
    settings,


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/classical.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/releases.smk"
include: "workflow/rules/pretrained.smk"


# Every tracked output is a target: a missing intermediate file is not rebuilt by itself
# while its descendants stand.
rule all:
    default_target: True
    input:
        expand(
            "data/{dataset}/{part}",
            dataset=["scenes", *DATASETS],
            part=["manifest.json", "images"],
        ),
        SETTINGS,
        expand(
            "results/models/{model}{part}",
            model=MODELS,
            part=[".semclear", ".history.csv", ".steps.csv"],
        ),
        expand(
            "results/restored/{model}/{part}",
            model=MODELS,
            part=["manifest.json", "images"],
        ),
        expand(
            "results/classical/{dataset}/{part}",
            dataset=DATASETS,
            part=["manifest.json", "images"],
        ),
        expand("results/scores/{name}{part}", name=SCORED, part=[".csv", ".card.json"]),
        TABLES,
        FIGURES,
        RELEASES,
        lambda wildcards: recording.demand(workflow),


onstart:
    recording.begin()


onsuccess:
    recording.record(workflow, config)


onerror:
    pipeline.fail(workflow)
