# Classical methods, tuned on validation and applied to test.
rule classical:
    input:
        data="data/{dataset}/manifest.json",
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
