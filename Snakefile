# The whole study: `snakemake --cores 8 all`.
import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))
# Jobs run this folder's sources with this environment, also where nothing is activated
# and in the temporary copies of `dvc exp run --temp`.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")])
)
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)

from semclear import pipeline

pipeline.start(workflow)


configfile: "params.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/classical.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/tables.smk"


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


onsuccess:
    pipeline.record(workflow, config)
