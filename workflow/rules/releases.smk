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
        images=images_of(
            *{config["experiments"][model]["dataset"] for model in released(config)}
        ),
        restored_images=restored_images(
            *expand("restored/{model}", model=released(config))
        ),
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
        folder=lambda wildcards, output: folder_of(output[0]),
        root=lambda wildcards, output: Path(output[0]).parents[2].as_posix(),
    shell:
        "semclear step release --params {params.cfg:q} --root {params.root} --folder {params.folder} > {log} 2>&1"
