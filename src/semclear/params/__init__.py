"""params.yaml as typed, validated settings.

Every setting that a result depends on stands in that file once. A step of the
workflow gets only its slice (`semclear.params.slices`), whose parts are validated
here by the same classes as the whole.
"""

from semclear.params.base import Name, Positive, Settings, validate
from semclear.params.benchmark import Benchmark, BenchmarkReal
from semclear.params.data import Blur, Charging, Degradation, Fog, Noise, OutOfFamily, Real, Scenes
from semclear.params.evaluation import Choosing, Classical, Evaluation, Recommending, Restoration
from semclear.params.instrument import Charges, Family, Observed, Shapes, Views
from semclear.params.own import Own
from semclear.params.scales import Compute, DataScale, ModelScale, Scale, TrainScale
from semclear.params.study import Params, load
from semclear.params.training import Drawn, Experiment, Model, Train, merged, model_of, train_of

__all__ = [
    "Benchmark",
    "BenchmarkReal",
    "Blur",
    "Charges",
    "Charging",
    "Choosing",
    "Classical",
    "Compute",
    "DataScale",
    "Degradation",
    "Drawn",
    "Evaluation",
    "Experiment",
    "Family",
    "Fog",
    "Model",
    "ModelScale",
    "Name",
    "Noise",
    "Observed",
    "OutOfFamily",
    "Own",
    "Params",
    "Positive",
    "Real",
    "Recommending",
    "Restoration",
    "Scale",
    "Scenes",
    "Settings",
    "Shapes",
    "Train",
    "TrainScale",
    "Views",
    "load",
    "merged",
    "model_of",
    "train_of",
    "validate",
]
