# Models that come along: `make pretrained`. Apart from the study, as they take hours.
if PRETRAINED:

    rule observe:
        input:
            code=code("observe"),
        output:
            manifest="data/{dataset}/manifest.json",
            images=directory("data/{dataset}/images"),
        log:
            "logs/observe/{dataset}.log",
        benchmark:
            "results/benchmarks/observe/{dataset}.tsv"
        wildcard_constraints:
            dataset="|".join(VIEWS),
        conda:
            "../../environment.yml"
        threads: 1
        resources:
            mem_mb=asked("memory", "observe"),
            runtime=asked("minutes", "observe"),
        params:
            cfg=cfg("observe"),
        shell:
            "semclear step observe --params {params.cfg:q} --dataset {wildcards.dataset} "
            "--manifest {output.manifest} > {log} 2>&1"

    rule pretrained:
        input:
            data=sorted(
                {
                    f"data/{line['dataset']}/manifest.json"
                    for line in config["pretrained"].values()
                }
            ),
            bundles=expand("results/models/{model}.semclear", model=PRETRAINED),
            restored=expand("results/restored/{model}/manifest.json", model=PRETRAINED),
            scores=expand("results/scores/{name}.csv", name=PRETRAINED),
            classical=sorted(
                {
                    f"results/scores/classical-{line['dataset']}.csv"
                    for line in config["pretrained"].values()
                }
            ),
            code=code("release"),
        output:
            expand(
                "results/pretrained/{model}{part}",
                model=PRETRAINED,
                part=[".semclear", ".md"],
            ),
        log:
            "logs/pretrained.log",
        benchmark:
            "results/benchmarks/pretrained.tsv"
        conda:
            "../../environment.yml"
        threads: 1
        resources:
            mem_mb=asked("memory", "release"),
            runtime=asked("minutes", "release"),
        params:
            cfg=slice_of(
                "release",
                {
                    **config,
                    "experiments": config["pretrained"],
                    # Views have a scale of their own.
                    "scale": config["views"][
                        next(iter(config["pretrained"].values()))["dataset"]
                    ]["scale"],
                },
            ),
        shell:
            "semclear step release --params {params.cfg:q} --root . --folder results/pretrained "
            "> {log} 2>&1"
