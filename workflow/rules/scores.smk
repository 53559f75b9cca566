# Scores a micrograph, and a card that says what was scored. The scenes hold the objects' masks.
rule score:
    input:
        data=data_of,
        scenes=scenes_of,
        restored="results/restored/{model}/manifest.json",
        bundle="results/models/{model}.semclear",
        history="results/models/{model}.history.csv",
        steps="results/models/{model}.steps.csv",
        images=lambda wildcards: images_of(dataset_of(wildcards)),
        restored_images=restored_images("restored/{model}"),
        code=code("score"),
    output:
        scores="results/scores/{model}.csv",
        card="results/scores/{model}.card.json",
    log:
        "logs/score/{model}.log",
    benchmark:
        "results/benchmarks/score/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "score"),
        runtime=asked("minutes", "score"),
    params:
        cfg=cfg("score"),
    shell:
        "semclear step score --data {input.data} --restored {input.restored} --scores {output.scores} "
        "--card {output.card} --bundle {input.bundle} --history {input.history} --steps {input.steps} "
        "> {log} 2>&1"


rule score_classical:
    input:
        data="data/{dataset}/manifest.json",
        scenes=lambda wildcards: (
            f"data/{wildcards.dataset if wildcards.dataset in VIEWS else 'scenes'}/manifest.json"
        ),
        restored="results/classical/{dataset}/manifest.json",
        images=lambda wildcards: images_of(wildcards.dataset),
        restored_images=restored_images("classical/{dataset}"),
        code=code("score"),
    output:
        scores="results/scores/classical-{dataset}.csv",
        card="results/scores/classical-{dataset}.card.json",
    log:
        "logs/score_classical/{dataset}.log",
    benchmark:
        "results/benchmarks/score_classical/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "score_classical"),
        runtime=asked("minutes", "score_classical"),
    params:
        cfg=cfg("score"),
    shell:
        "semclear step score --data {input.data} --restored {input.restored} --scores {output.scores} "
        "--card {output.card} > {log} 2>&1"
