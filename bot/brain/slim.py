"""For whoever starts the brain: Rasa without the parts we never use, a third of the time and memory to start.

Importing Rasa pulls in TensorFlow, eleven chat platforms and two database clients. `slim_rasa()` closes those
doors before the first import; a model or pipeline that names a TensorFlow component finds the full thing.
"""

from __future__ import annotations

import copy
import functools
import importlib
import json
import os
import re
import sys
import tarfile
import warnings
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

COMPONENTS_WITHOUT_TENSORFLOW = {
    "WhitespaceTokenizer": "rasa.nlu.tokenizers.whitespace_tokenizer",
    "JiebaTokenizer": "rasa.nlu.tokenizers.jieba_tokenizer",
    "CountVectorsFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer",
    "RegexFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.regex_featurizer",
    "LexicalSyntacticFeaturizer": "rasa.nlu.featurizers.sparse_featurizer.lexical_syntactic_featurizer",
    "LogisticRegressionClassifier": "rasa.nlu.classifiers.logistic_regression_classifier",
    "KeywordIntentClassifier": "rasa.nlu.classifiers.keyword_intent_classifier",
    "RegexEntityExtractor": "rasa.nlu.extractors.regex_entity_extractor",
    "EntitySynonymMapper": "rasa.nlu.extractors.entity_synonyms",
    "RulePolicy": "rasa.core.policies.rule_policy",
    "MemoizationPolicy": "rasa.core.policies.memoization",
    "AugmentedMemoizationPolicy": "rasa.core.policies.memoization",
}
REGISTRY = "rasa.engine.recipes.default_components"
# Rasa only looks whether a configuration has these, and imports them for it
TENSORFLOW_COMPONENTS = {
    "DIETClassifier": "rasa.nlu.classifiers.diet_classifier",
    "ResponseSelector": "rasa.nlu.selectors.response_selector",
    "TEDPolicy": "rasa.core.policies.ted_policy",
}

UNUSED_WHEN_SERVING = {
    "rasa.engine.runner.dask": "DaskGraphRunner",
    "rasa.core.tracker_store": "TrackerStore",  # and with it SQLAlchemy
}


def slim_rasa() -> None:
    """Close the heavy doors. Call it once, before anything imports `rasa`."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    _hush_known_warnings()
    _import_on_demand("rasa.utils", "train_utils")  # imports TensorFlow
    _import_on_demand("rasa.core", "test")  # imports matplotlib
    _without("pymongo.collection", "Collection")
    _without("boto3.dynamodb.conditions", "Key")
    _channels_without_platforms()
    _read_yaml_once()


def slim_serving() -> None:
    """Close the doors of what only trains, schedules or stores, before the processor is imported."""
    _import_on_demand("rasa.core", "jobs")  # reminders
    for module, name in UNUSED_WHEN_SERVING.items():
        importlib.import_module(module.rpartition(".")[0])
        _without(module, name)


def slim_training(component_names: Iterable[str]) -> None:
    """Register only the named components for a training, unless one of them needs Rasa's full registry."""
    standard = [name for name in component_names if "." not in name]
    if not all(name in COMPONENTS_WITHOUT_TENSORFLOW for name in standard):
        return
    registry = ModuleType(REGISTRY)
    modules = [importlib.import_module(COMPONENTS_WITHOUT_TENSORFLOW[name]) for name in standard]
    registry.__dict__["DEFAULT_COMPONENTS"] = [
        getattr(module, name) for module, name in zip(modules, standard, strict=True)
    ]
    sys.modules[REGISTRY] = registry
    _without_tensorflow()


def slim_model(archive: Path) -> None:
    """Prepare for loading a model, TensorFlow only if it was trained with it."""
    with tarfile.open(archive) as files:
        metadata = files.extractfile("metadata.json")
        nodes = json.load(metadata)["predict_schema"]["nodes"] if metadata else {}
    names = {node["uses"].rpartition(".")[2] for node in nodes.values()}
    if names.isdisjoint({*TENSORFLOW_COMPONENTS, "UnexpecTEDIntentPolicy"}):
        _without_tensorflow()


def _without_tensorflow() -> None:
    for name, module in TENSORFLOW_COMPONENTS.items():
        importlib.import_module(module.rpartition(".")[0])
        _without(module, name)


def _import_on_demand(package: str, name: str) -> None:
    stand_in = _OnDemand(f"{package}.{name}")
    sys.modules[stand_in.__name__] = stand_in
    setattr(importlib.import_module(package), name, stand_in)


class _OnDemand(ModuleType):
    """Stands in for a module, and becomes it when one of its functions is asked for."""

    def __getattr__(self, name: str) -> Any:
        # others look through all modules for names that are none of this one's
        if name.startswith("__") or name not in self._functions():
            raise AttributeError(name)
        sys.modules.pop(self.__name__, None)
        self.__dict__.update(importlib.import_module(self.__name__).__dict__)
        return self.__dict__[name]

    @functools.cache  # noqa: B019  one instance a module
    def _functions(self) -> set[str]:
        spec = PathFinder.find_spec(self.__name__, sys.modules[self.__name__.rpartition(".")[0]].__path__)
        source = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
        return set(re.findall(r"^(?:async )?def (\w+)", source, re.MULTILINE))


def _without(module: str, name: str) -> None:
    """Let `from module import name` succeed for code that only mentions the name."""
    setattr(_stand_in(module), name, type(name, (), {}))


def _stand_in(module: str) -> ModuleType:
    """The module, or an empty one in its place, as its package has it."""
    if module not in sys.modules:
        sys.modules[module] = ModuleType(module)
        package, _, name = module.rpartition(".")
        if package:
            setattr(_stand_in(package), name, sys.modules[module])
    return sys.modules[module]


def _channels_without_platforms() -> None:
    import rasa.core

    package = ModuleType("rasa.core.channels")
    package.__path__ = [f"{path}/channels" for path in rasa.core.__path__]
    sys.modules[package.__name__] = package
    channel = importlib.import_module("rasa.core.channels.channel")
    for name in ("CollectingOutputChannel", "InputChannel", "OutputChannel", "UserMessage"):
        setattr(package, name, getattr(channel, name))
    rasa.core.channels = package


def _read_yaml_once() -> None:
    """A training parses and checks each of its files some ten times, and the parser is slow."""
    import rasa.shared.utils.io as files
    import rasa.shared.utils.validation as checks

    checks.validate_yaml_schema = functools.cache(checks.validate_yaml_schema)
    parse = functools.cache(files.read_yaml)

    def read_yaml(content: str, reader_type: str | list[str] = "safe") -> Any:
        if isinstance(reader_type, list):
            return parse.__wrapped__(content, reader_type)
        return copy.deepcopy(parse(content, reader_type))

    files.read_yaml = read_yaml


def _hush_known_warnings() -> None:
    import sanic.app  # noqa: F401  it shows everybody's deprecations: back to what Python does by itself

    warnings.filterwarnings("ignore", category=DeprecationWarning)
    # what Rasa says of every form, and of entities that are found by their shape and not learned
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed")
    warnings.filterwarnings("ignore", message="You have defined training data consisting of entity examples")
    warnings.filterwarnings("ignore", message="You have defined training data consisting of lookup tables")
