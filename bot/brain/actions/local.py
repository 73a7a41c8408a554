"""For the brain: runs the actions in its own process, where Rasa expects an action server behind HTTP."""

from __future__ import annotations

import json
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection


class LocalActions(EndpointConfig):
    """Looks to Rasa like the address of an action server."""

    def __init__(self) -> None:
        super().__init__(
            url="local:", enable_selective_domain=True
        )  # only actions that ask for it get the domain
        self._executor = ActionExecutor()
        self._executor.register_package("bot.brain.actions")

    async def request(self, *, json: dict[str, Any], **_: Any) -> dict[str, Any]:
        try:
            result = await self._executor.run(json)
        except ActionExecutionRejection as rejection:
            raise _rejected(rejection) from rejection
        return result or {"events": [], "responses": []}


def _rejected(rejection: ActionExecutionRejection) -> ClientResponseError:
    """The answer of an action server whose form turns a message down."""
    body = {"action_name": rejection.action_name, "error": str(rejection)}
    return ClientResponseError(400, "rejected", json.dumps(body))
