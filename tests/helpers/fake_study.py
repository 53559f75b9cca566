"""A whole study's files, made of small arrays: what the figures find after a run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from semclear.datasets.draft import draft
from semclear.datasets.record import Record
from semclear.evaluation import metrics
from semclear.evaluation.tables import score_table
from semclear.evaluation.tables.gap_closure import close
from semclear.evaluation.tables.pooling import pool
from semclear.evaluation.tables.summary import summarise
from semclear.evaluation.trust import measures
from semclear.files import sha256
from semclear.params import Evaluation
from semclear.restoration import restored
from semclear.restoration.classical.registry import methods

KINDS = ("fibres", "particles", "polycrystal", "porous", "spheres")
CLASSICAL = tuple(methods())[1:]


def smooth(image: np.ndarray, times: int) -> np.ndarray:
    """Blur by repeated averaging of neighbours, periodic."""
    for _ in range(times):
        image = (image + np.roll(image, 1, 0) + np.roll(image, 1, 1) + np.roll(image, (1, 1), (0, 1))) / 4
    return image


class FakeStudy:
    """Writes data sets, restorations, histories and tables below a folder."""

    def __init__(
        self, root: Path, experiments: dict, real: tuple[str, ...] = (), size: int = 48, count: int = 10
    ) -> None:
        self.root, self.experiments, self.real, self.size, self.count = root, experiments, real, size, count
        self.rng, self.map_rng = np.random.default_rng(0), np.random.default_rng(1)
        self.scores: list[dict] = []
        for dataset in sorted({e["dataset"] for e in experiments.values()}):
            self.write_dataset(dataset)
        self.write_tables()
        for name in experiments:
            self.write_training(name)

    @property
    def slice(self) -> dict:
        return {"experiments": self.experiments}

    def write_dataset(self, name: str) -> None:
        path = self.root / "data" / name / "manifest.json"
        truths, images = {}, {}
        with draft(path, name, "real" if name in self.real else "synthetic") as made:
            for index in range(self.count):
                kind = KINDS[index % len(KINDS)]
                identity = f"{kind}-{index:04d}"
                truth = smooth(self.rng.random((self.size, self.size)), 2 + index % 3)
                truth = (truth - truth.min()) / np.ptp(truth)
                image = np.clip(0.5 * smooth(truth, 6) + 0.3 + self.rng.normal(0, 0.02, truth.shape), 0, 1)
                fields = made.add_image(f"{identity}.png", image)
                if name not in self.real:
                    fields |= made.add_truth(f"truth-{identity}.png", truth) | {"kind": kind}
                made.records.append(
                    Record(id=identity, split="test", source=identity, pixel_size_nm=2.5, **fields)
                )
                truths[identity], images[identity] = truth, image
        for model, used in self.models_of(name).items():
            self.restore(name, model, used, truths, images, sha256(path))

    def models_of(self, dataset: str) -> dict[str, list[str]]:
        tuned = [m for m in CLASSICAL if dataset not in self.real or m != "wiener-true"]
        models = {"classical": ["degraded", *tuned]}
        for name, e in self.experiments.items():
            if e["dataset"] == dataset:
                oracle = ["cyclegan-oracle"] if e["method"] == "cyclegan" and dataset not in self.real else []
                models[name] = [e["method"], *oracle]
        return models

    def restore(
        self, dataset: str, model: str, used: list[str], truths: dict, images: dict, digest: str
    ) -> None:
        folder = self.root / "results" / ("classical" if model == "classical" else "restored")
        made, notes = [], {}
        for rank, method in enumerate(used):
            share = 0.0 if method == "degraded" else 0.9 if method == "paired" else self.rng.uniform(0.1, 0.7)
            searched = model == "classical" and rank and dataset not in self.real
            notes[method] = {
                "parameters": {},
                "search": [{"parameters": {}, "psnr": 10.0 + rank}] if searched else [],
            }
            for identity, image in images.items():
                restoration = (1 - share) * image + share * truths[identity]
                unpaired = method in ("cyclegan", "cyclegan-physics")
                maps = self.maps_of(restoration, truths[identity]) if unpaired else {}
                made.append((method, identity, restoration, {}, maps))
                self.score(dataset, model, method, identity, truths[identity], restoration)
                if unpaired:
                    self.check(dataset, model, method, identity)
        path = folder / (dataset if model == "classical" else model) / "manifest.json"
        restored.write(path, dataset=dataset, model=model, data_sha256=digest, methods=notes, images=made)

    def maps_of(self, image: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
        """An uncertainty that follows the error, and a residual of noise with a bright square."""
        spread = smooth(np.abs(image - truth), 2) / 3 + 0.01 * self.map_rng.random(truth.shape)
        residual = self.map_rng.normal(0, 0.02, truth.shape)
        residual[8:16, 8:16] += 0.06
        return {"uncertainty": spread, "residual": residual}

    def check(self, dataset: str, model: str, method: str, identity: str) -> None:
        """A sigma read 0.2 too large, a transmission with noise, an airlight where the data set's name has a veil."""
        known = dataset not in self.real
        values = {"redegradation_ratio": self.map_rng.uniform(1, 2)}
        if known:
            values["uncertainty_correlation"] = self.map_rng.uniform(0.3, 0.6)
        if method == "cyclegan-physics":
            sigma, t, light = self.map_rng.uniform((1.5, 0.3, 0.6), (3.0, 0.6, 0.9))
            noise = self.map_rng.normal(0, 0.03)
            values |= {"read_sigma": sigma + 0.2, "read_transmission": t + noise, "read_airlight": light}
            if known:
                values |= {"sigma_bias": 0.2, "transmission_bias": noise}
                values |= {"airlight_bias": noise} if dataset in ("fog", "hybrid") else {}
        row = {"dataset": dataset, "model": model, "method": method, "micrograph": identity}
        self.scores += [
            {**row, "kind": identity.split("-")[0], "metric": m, "value": v} for m, v in values.items()
        ]

    def score(
        self, dataset: str, model: str, method: str, identity: str, truth: np.ndarray, image: np.ndarray
    ) -> None:
        values = {
            "ag": metrics.average_gradient(image),
            "con": metrics.contrast(image),
            "sf": metrics.spatial_frequency(image),
        }
        if dataset not in self.real:
            values |= {"psnr": metrics.psnr(truth, image), "ssim": metrics.ssim(truth, image)}
            values["ag_error"] = values["ag"] / metrics.average_gradient(truth) - 1
            values["con_error"] = values["con"] / metrics.contrast(truth) - 1
            values["sf_error"] = values["sf"] / metrics.spatial_frequency(truth) - 1
            values |= measures.spectrum(image, truth)
            values |= {"gaps_1": 5, "gaps_seen_1": self.rng.integers(6), "gaps_5_7": 4, "gaps_seen_5_7": 4}
        row = {"dataset": dataset, "model": model, "method": method, "micrograph": identity}
        self.scores += [
            {**row, "kind": identity.split("-")[0], "metric": m, "value": v} for m, v in values.items()
        ]

    def write_tables(self) -> None:
        tables = self.root / "results" / "tables"
        tables.mkdir(parents=True)
        scores, settings = pd.DataFrame(self.scores), Evaluation(bootstrap=200, confidence=0.95)
        scores.to_csv(tables / "scores.csv", index=False)
        images = scores[scores["metric"].isin(metrics.METRICS)]
        summarise(images, 0, settings).to_csv(tables / "summary.csv", index=False)
        pool(scores, 0, settings).to_csv(tables / "trust.csv", index=False)
        main = score_table.of_main_study(scores, self.experiments)
        close(main, 0, settings).to_csv(tables / "closure.csv", index=False)

    def write_training(self, name: str) -> None:
        steps = np.arange(1, 401)
        paired = self.experiments[name]["method"] == "paired"
        terms = (
            ["absolute", "ssim", "edge"]
            if paired
            else ["adversarial_clear", "adversarial_degraded", "cycle", "ssim"]
        )
        terms += [] if paired else ["identity", "edge", "discriminator_clear", "discriminator_degraded"]
        values = {
            t: (1 + k) / 10 * (0.5 + np.exp(-steps / 100)) * self.rng.lognormal(0, 0.2, 400)
            for k, t in enumerate(terms)
        }
        folder = self.root / "results" / "models"
        folder.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"step": steps, **values}).to_csv(folder / f"{name}.steps.csv", index=False)
        history = pd.DataFrame({"epoch": np.arange(1, 9), **{t: v[::50] for t, v in values.items()}})
        if self.experiments[name]["dataset"] not in self.real:
            history["validation_psnr"] = [13.0, 15.0, 16.0, 16.8, 17.3, 17.1, 17.2, 17.0]
        history.to_csv(folder / f"{name}.history.csv", index=False)

    def params(self) -> str:
        """Return the slice as the step gets it."""
        return json.dumps(self.slice, sort_keys=True)
