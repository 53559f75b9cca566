# Tables and figures of the whole study.
TABLES = [
    "results/metrics.json",
    "results/tables/scores.csv",
    *expand(
        "results/tables/{table}.{kind}",
        table=["summary", "closure", "comparison", "ablation", "trust", "checks"],
        kind=["csv", "md", "tex"],
    ),
]
FIGURES = [f"results/figures/{name}" for name in figure_names(config)]


rule tabulate:
    input:
        scores=expand("results/scores/{name}.csv", name=SCORED),
        cards=expand("results/scores/{name}.card.json", name=SCORED),
        code=code("tabulate"),
    output:
        metrics=TABLES[0],
        tables=TABLES[1:],
    log:
        "logs/tabulate.log",
    benchmark:
        "results/benchmarks/tabulate.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "tabulate"),
        runtime=asked("minutes", "tabulate"),
    params:
        cfg=cfg("tabulate"),
        tables=lambda wildcards, output: folder_of(output.tables[0]),
    shell:
        "semclear step tabulate --params {params.cfg:q} --tables {params.tables} --metrics {output.metrics} "
        "{input.scores} > {log} 2>&1"


rule plot:
    input:
        tables=TABLES,
        cards=expand("results/scores/{name}.card.json", name=SCORED),
        data=expand("data/{dataset}/manifest.json", dataset=DATASETS),
        restored=expand("results/restored/{model}/manifest.json", model=MODELS),
        classical=expand("results/classical/{dataset}/manifest.json", dataset=DATASETS),
        curves=expand(
            "results/models/{model}.{kind}.csv",
            model=MODELS,
            kind=["history", "steps"],
        ),
        images=images_of(*DATASETS),
        restored_images=restored_images(
            *expand("restored/{model}", model=MODELS),
            *expand("classical/{dataset}", dataset=DATASETS),
        ),
        code=code("plot"),
    output:
        [
            report(figure, caption=caption_of(figure), category=category_of(figure))
            for figure in FIGURES
        ],
    log:
        "logs/plot.log",
    benchmark:
        "results/benchmarks/plot.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "plot"),
        runtime=asked("minutes", "plot"),
    params:
        cfg=cfg("plot"),
        figures=lambda wildcards, output: folder_of(output[0]),
        root=lambda wildcards, output: Path(output[0]).parents[2].as_posix(),
    shell:
        "semclear step plot --params {params.cfg:q} --root {params.root} --figures {params.figures} > {log} 2>&1"
