# Models as one file each, with calibration and card, for use outside the study.
RELEASES = [f"results/release/{name}" for name in release_names(config)]


rule release:
    input:
        data=sorted(
            {
                f"data/{config['experiments'][model]['dataset']}/manifest.json"
                for model in released(config)
            }
        ),
        bundles=expand("results/models/{model}.semclear", model=released(config)),
        restored=expand(
            "results/restored/{model}/manifest.json", model=released(config)
        ),
        scores=expand("results/scores/{name}.csv", name=SCORED),
        cards=expand("results/scores/{name}.card.json", name=SCORED),
        code=code("release"),
    output:
        RELEASES,
    log:
        "logs/release.log",
    benchmark:
        "results/benchmarks/release.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "release"),
        runtime=asked("minutes", "release"),
    params:
        cfg=cfg("release"),
    shell:
        "semclear step release --params {params.cfg:q} --root . --folder results/release > {log} 2>&1"
