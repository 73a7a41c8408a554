"""For the brain: runs a trained model's graph, which Rasa plans anew for each message and each prediction."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

from bot.brain.rules import RulePolicy as IndexedRulePolicy

Step = tuple[str, Callable[..., Any], Any, dict[str, str]]


class PlannedRunner(GraphRunner):
    """Each way through the graph is planned once, and then is a loop over the components' methods."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode]) -> None:
        self._schema, self._nodes = schema, nodes
        self._plan = functools.cache(self._plan_for)

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> PlannedRunner:
        nodes = {
            name: GraphNode.from_schema_node(name, _with_our_rules(node), model_storage, execution_context)
            for name, node in graph_schema.nodes.items()
        }
        return cls(graph_schema, nodes)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        wanted = tuple(targets or self._schema.target_names)
        known = dict(inputs or {})
        for name, method, component, needs in self._plan(wanted):
            known[name] = method(component, **{argument: known[source] for argument, source in needs.items()})
        return {name: known[name] for name in wanted}

    def _plan_for(self, targets: tuple[str, ...]) -> list[Step]:
        """The nodes in the order in which each has what it needs."""
        nodes = self._schema.minimal_graph_schema(list(targets)).nodes
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in nodes and name not in order:
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
