"""The models, and the loop that trains them. Needs torch."""

from hnviz.learn.beyond import MODELS
from hnviz.learn.build import (
    DeviceError,
    build_model,
    device_of,
    form_used,
    load_model,
    model_class,
    resolve_device,
    usable_devices,
)
from hnviz.learn.fast import FAST
from hnviz.learn.learner import Learner, fit, last_epoch
from hnviz.learn.models import LanguageModel
from hnviz.learn.range_test import RangeTest

__all__ = [
    "FAST",
    "MODELS",
    "DeviceError",
    "LanguageModel",
    "Learner",
    "RangeTest",
    "build_model",
    "device_of",
    "fit",
    "form_used",
    "last_epoch",
    "load_model",
    "model_class",
    "resolve_device",
    "usable_devices",
]
