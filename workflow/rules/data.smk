# Data sets: a manifest, which is what later rules depend on, and its images.
rule synthesize:
    input:
        code=code("synthesize"),
    output:
        manifest="data/scenes/manifest.json",
        images=directory("data/scenes/images"),
    log:
        "logs/synthesize.log",
    benchmark:
        "results/benchmarks/synthesize.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "synthesize"),
        runtime=asked("minutes", "synthesize"),
    params:
        cfg=cfg("synthesize"),
    shell:
        "semclear step synthesize --params {params.cfg:q} --manifest {output.manifest} > {log} 2>&1"


rule degrade:
    input:
        scenes="data/scenes/manifest.json",
        images=images_of("scenes"),
        code=code("degrade"),
    output:
        manifest="data/{dataset}/manifest.json",
        images=directory("data/{dataset}/images"),
    log:
        "logs/degrade/{dataset}.log",
    benchmark:
        "results/benchmarks/degrade/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(SYNTHETIC),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "degrade"),
        runtime=asked("minutes", "degrade"),
    params:
        cfg=cfg("degrade"),
    shell:
        "semclear step degrade --params {params.cfg:q} --dataset {wildcards.dataset} --scenes {input.scenes} "
        "--manifest {output.manifest} > {log} 2>&1"


if REAL:

    rule ingest:
        input:
            micrographs=lambda wildcards: pipeline.micrographs_of(
                config["real"][wildcards.dataset]
            ),
            code=code("ingest"),
        output:
            manifest="data/{dataset}/manifest.json",
            images=directory("data/{dataset}/images"),
        log:
            "logs/ingest/{dataset}.log",
        benchmark:
            "results/benchmarks/ingest/{dataset}.tsv"
        wildcard_constraints:
            dataset="|".join(REAL),
        conda:
            "../../environment.yml"
        threads: 1
        resources:
            mem_mb=asked("memory", "ingest"),
            runtime=asked("minutes", "ingest"),
        params:
            cfg=cfg("ingest"),
        shell:
            "semclear step ingest --params {params.cfg:q} --dataset {wildcards.dataset} "
            "--manifest {output.manifest} > {log} 2>&1"
