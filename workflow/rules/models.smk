# Trained models and what they restore.
SETTINGS = expand("results/settings/{model}.json", model=MODELS)


# What each training depends on, as files for DVC. Snakemake compares the same values as the training's
# parameter: were the files its inputs, all trainings would follow whenever one's was written.
rule settings:
    input:
        code=code("settings"),
    output:
        SETTINGS,
    log:
        "logs/settings.log",
    benchmark:
        "results/benchmarks/settings.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=asked("memory", "settings"),
        runtime=asked("minutes", "settings"),
    params:
        cfg=cfg("settings"),
        folder=lambda wildcards, output: folder_of(output[0]),
    shell:
        "semclear step settings --params {params.cfg:q} --folder {params.folder} > {log} 2>&1"


rule train:
    input:
        data=data_of,
        images=lambda wildcards: images_of(dataset_of(wildcards)),
        code=code("train"),
    output:
        bundle="results/models/{model}.semclear",
        history="results/models/{model}.history.csv",
        steps="results/models/{model}.steps.csv",
    log:
        "logs/train/{model}.log",
    benchmark:
        "results/benchmarks/train/{model}.tsv"
    priority: 10
    conda:
        "../../environment.yml"
    threads: network_threads
    resources:
        gpu=GPUS,
        mem_mb=asked("memory", "train"),
        runtime=asked("minutes", "train"),
    params:
        cfg=cfg("train"),
    shell:
        "semclear step train --params {params.cfg:q} --model {wildcards.model} --data {input.data} "
        "--bundle {output.bundle} --history {output.history} --steps {output.steps} > {log} 2>&1"


rule restore:
    input:
        data=data_of,
        images=lambda wildcards: images_of(dataset_of(wildcards)),
        bundle="results/models/{model}.semclear",
        code=code("restore"),
    output:
        manifest="results/restored/{model}/manifest.json",
        images=directory("results/restored/{model}/images"),
    log:
        "logs/restore/{model}.log",
    benchmark:
        "results/benchmarks/restore/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: network_threads
    resources:
        gpu=GPUS,
        mem_mb=asked("memory", "restore"),
        runtime=asked("minutes", "restore"),
    params:
        cfg=cfg("restore"),
    shell:
        "semclear step restore --params {params.cfg:q} --model {wildcards.model} --data {input.data} "
        "--bundle {input.bundle} --manifest {output.manifest} > {log} 2>&1"
