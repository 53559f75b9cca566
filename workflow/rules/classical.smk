# Classical methods, tuned on validation and applied to test.
if workflow.is_main_process:  # its jobs would only say the same again, a second later
    from semclear.restoration.classical.registry import grids_of

    pipeline.checked(grids_of, config["classical"])


rule classical:
    input:
        data="data/{dataset}/manifest.json",
        images=lambda wildcards: images_of(wildcards.dataset),
        code=code("classical"),
    output:
        manifest="results/classical/{dataset}/manifest.json",
        images=directory("results/classical/{dataset}/images"),
    log:
        "logs/classical/{dataset}.log",
    benchmark:
        "results/benchmarks/classical/{dataset}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "classical"),
        runtime=asked("minutes", "classical"),
    params:
        cfg=cfg("classical"),
    shell:
        "semclear step classical --params {params.cfg:q} --data {input.data} "
        "--manifest {output.manifest} > {log} 2>&1"
