"""Builds a model from a config: its class, its initial weights, its device.

The class is built in, or comes from the user's own file.
"""

import linecache
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from hnviz.config import RunConfig
from hnviz.estimate import Measured, uses_gpu
from hnviz.learn.beyond import MODELS
from hnviz.learn.described import described
from hnviz.learn.fast import FAST
from hnviz.learn.models import LanguageModel
from hnviz.learn.opened import opened
from hnviz.learn.state import is_state
from hnviz.models import catalogue, spec
from hnviz.own import OwnModelError, own_models
from hnviz.own.network import OWN, network_of, why_closed

OWN_MODULE = "own_models"  # the name under which the user's file of models is imported

RENAMED = {"hnviz.catalogue": catalogue, "hnviz.parts": spec, "hnviz.cells": spec}
"""Module names of hnviz 0.5.0, which files written for it import, also those stored in runs."""


class DeviceError(ValueError):
    """The requested device cannot be used on this machine."""


def usable_devices() -> list[str]:
    """List the values that a config's `device` can take on this machine, besides "auto"."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return ["cpu", *(name for name, usable in found.items() if usable)]


def resolve_device(device: str) -> str:
    """Return the device that a run uses: "auto" is cuda if present, else cpu.

    Raises DeviceError.
    """
    if device == "cpu":
        return device  # without touching cuda, which a process that forks must not do
    usable = usable_devices()
    if device == "auto":
        return "cuda" if "cuda" in usable else "cpu"
    if device not in usable:
        raise DeviceError(
            f"device {device!r} is not available: torch {torch.__version__} can use "
            f"{' and '.join(usable)} on this machine; choose one of these, or auto"
        )
    return device


def device_of(config: RunConfig, measured: Sequence[Measured] = ()) -> str:
    """Return the device that a run trains on: "auto" is the faster one, as `uses_gpu` decides.

    Raises DeviceError.
    """
    if config.device == "auto" and not uses_gpu(config, ("cuda",), measured):
        return "cpu"
    return resolve_device(config.device)


def be_exact_on_cuda() -> None:
    """Make CUDA compute in full float32, as a cpu does, with the same bits each time.

    By default cuDNN multiplies in TF32, with 10 of float32's 23 bits, and its RNNs may sum in
    varying order (see torch's note on nn.GRU). Call this before the first matrix product on the
    device: cuBLAS reads its variable then.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def build_model(config: RunConfig, nv: int) -> LanguageModel:
    """Make the config's model on the cpu, with the initial weights drawn from its seed."""
    torch.manual_seed(config.seed)  # right before: the weights are the first numbers drawn
    model = _model_class(config)(nv, config.nh)
    if config.bn_init == "uniform":
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d):
                nn.init.uniform_(module.weight)
    return model


def form_used(config: RunConfig) -> str:
    """Return "fast" or "plain", the form that a run uses: not every model has a fast form."""
    return "fast" if config.form == "fast" and config.model in FAST else "plain"


def load_model(config: RunConfig, nv: int, snapshot: Mapping[str, NDArray[Any]]) -> LanguageModel:
    """Make a model from a snapshot: in eval mode, on the cpu, in float32, in the plain form.

    Raises ValueError if the snapshot's tensors do not match the model's.
    """
    model = model_class(config.model)(nv, config.nh)
    weights = {name: torch.tensor(snapshot[name]) for name in snapshot if not is_state(name)}
    try:
        model.load_state_dict(weights)  # casts float16 up to the parameters' float32
    except RuntimeError as error:
        detail = str(error).splitlines()[-1].strip()
        raise ValueError(
            f"the snapshot does not fit {config.called} with nv {nv} and nh {config.nh}: {detail}"
        ) from error
    return model.eval()


def _model_class(config: RunConfig) -> type[LanguageModel]:
    return FAST[config.model] if form_used(config) == "fast" else model_class(config.model)


def model_class(name: str) -> type[LanguageModel]:
    """Return a model's class. Raises OwnModelError for one that this process does not know."""
    if name in MODELS:
        return MODELS[name]
    network = network_of(name)
    used = own_models()
    if network is not None and network.cell == OWN:
        problem = why_closed(name)
        if problem or used is None:
            raise OwnModelError(problem)
        return opened(network, run_text(used.file, used.text))
    if network is not None:
        return described(network)
    if used is None or name not in {model.entry.name for model in used.models}:
        raise OwnModelError(f"no class is known for {name!r}: name its file with --models")
    found: type[LanguageModel] = getattr(run_text(used.file, used.text), name)
    return found


@lru_cache(maxsize=1)
def run_text(file: str, text: str) -> ModuleType:
    """Run the text of a file as a module, once; the source of its functions can be read later.

    The text is the checked one, even if the file has changed since. Raises what the text raises.
    """
    code = compile(text, file, "exec")
    module = ModuleType(OWN_MODULE, None)
    module.__file__ = file
    # `inspect` finds the lines here; without a modification time it does not look for the file.
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules |= {OWN_MODULE: module, **RENAMED}  # dataclasses look up their module
    exec(code, module.__dict__)
    return module
