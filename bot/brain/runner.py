"""For the brain: runs a trained model's graph, which Rasa plans anew for each message and each prediction."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphNode, GraphSchema
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider

from bot.brain.rules import RulePolicy as IndexedRulePolicy

Step = tuple[str, Callable[..., Any], Any, dict[str, str]]


class PlannedRunner:
    """Each way through the graph is planned once, and then is a loop over the components' methods."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode], given: dict[str, Any]) -> None:
        """`given` is the output of nodes that need not run."""
        self._schema, self._nodes, self._given = schema, nodes, given
        self._plan = functools.cache(self._plan_for)

    @classmethod
    def load(cls, metadata: ModelMetadata, storage: ModelStorage) -> PlannedRunner:
        """The components of a trained model. Its domain is known: Rasa would parse it again, in YAML."""
        schema = metadata.predict_schema
        context = ExecutionContext(schema, metadata.model_id)
        given = {name: metadata.domain for name, node in schema.nodes.items() if node.uses is DomainProvider}
        nodes = {
            name: GraphNode.from_schema_node(name, _with_our_rules(node), storage, context)
            for name, node in schema.nodes.items()
            if name not in given
        }
        return cls(schema, nodes, given)

    def run(self, inputs: dict[str, Any], targets: list[str]) -> dict[str, Any]:
        known = {**self._given, **inputs}
        for name, method, component, needs in self._plan(tuple(targets)):
            known[name] = method(component, **{argument: known[source] for argument, source in needs.items()})
        return {name: known[name] for name in targets}

    def _plan_for(self, targets: tuple[str, ...]) -> list[Step]:
        """The nodes in the order in which each has what it needs."""
        nodes = self._schema.minimal_graph_schema(list(targets)).nodes
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in self._nodes and name in nodes and name not in order:
                for source in nodes[name].needs.values():
                    visit(source)
                order[name] = None

        for target in targets:
            visit(target)
        return [(name, *_call(self._nodes[name]), nodes[name].needs) for name in order]


def _call(node: GraphNode) -> tuple[Callable[..., Any], Any]:
    return node._fn, node._component  # noqa: SLF001  in a model that answers, each is loaded from the start


def _with_our_rules(node: Any) -> Any:
    return replace(node, uses=IndexedRulePolicy) if node.uses is RulePolicy else node
