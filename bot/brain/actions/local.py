"""For the brain: runs the actions in its own process, where Rasa expects an action server behind HTTP."""

from __future__ import annotations

import json
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection


class LocalActions(EndpointConfig):
    """Looks to Rasa like the address of an action server."""

    def __init__(self) -> None:
        # selective: only an action that asks for the domain is given it
        super().__init__(url="local:", enable_selective_domain=True)
        # 13 ms an action, to check what might have come over a network
        RemoteAction._validate_action_result = _is_well_formed  # noqa: SLF001
        self._executor = ActionExecutor()
        self._executor.register_package("bot.brain.actions")

    @property
    def names(self) -> set[str]:
        """What can be run."""
        return set(self._executor.actions)

    async def request(self, *, json: dict[str, Any], **_: Any) -> dict[str, Any]:
        try:
            result = await self._executor.run(json)
        except ActionExecutionRejection as rejection:
            raise _rejected(rejection) from rejection
        return result or {"events": [], "responses": []}


def _is_well_formed(_: RemoteAction, result: dict[str, Any]) -> bool:
    """The executor has made it."""
    return True


def _rejected(rejection: ActionExecutionRejection) -> ClientResponseError:
    """The answer of an action server whose form turns a message down."""
    body = {"action_name": rejection.action_name, "error": str(rejection)}
    return ClientResponseError(400, "rejected", json.dumps(body))
