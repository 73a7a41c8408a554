"""For test_rasa_test.py, on the brain's Python: `rasa test core` of the dialogues, answered by the brain.

`python -m tests.dialogues.examine MODEL OUT`. Rasa's test asks its processor how a message is understood and
which action follows, and compares both with the dialogue. This one answers each message whole, as for the
gateway: choices, the state that travels along, actions on the business API at BUSINESS_API_URL. What follows
is then each response that was said. Rasa's report (story_report.json) and the dialogues that went another way
(failed_test_stories.yml) are in OUT.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bot.brain import hot_spots, logs
from bot.brain.manner import ANNOYED, ASKED_AGAIN
from bot.brain.question import Question
from bot.brain.slim import slim_rasa
from bot.language import language_of_text
from tests.dialogues.stories import FOLDER, with_code

MANNERS = {ASKED_AGAIN, ANNOYED}  # a sentence before an answer, not another answer


def main(model_path: Path, out: Path) -> None:
    logs.set_up()
    slim_rasa()
    hot_spots.cure()
    from bot.brain import model

    sys.modules.pop("rasa.core.test")  # the stand-in that slim_rasa has put there
    rasa_test: Any = importlib.import_module("rasa.core.test")
    rasa_test._create_data_generator = _read_all
    processor = Examined(model.load(model_path))
    agent = SimpleNamespace(domain=processor.domain, processor=processor)
    asyncio.run(rasa_test.test(str(FOLDER), agent, out_directory=str(out), e2e=True, disable_plotting=True))


def _read_all(folder: str, agent: Any, *_: Any) -> Any:
    """The dialogues; Rasa would leave out those that only differ in their words."""
    from rasa.shared.core.generator import TrainingDataGenerator
    from rasa.shared.core.training_data.loading import load_data_from_files
    from rasa.shared.core.training_data.structures import StoryGraph

    files = [str(file) for file in sorted(Path(folder).glob("*/test_*.yml"))]
    graph = StoryGraph(load_data_from_files(files, agent.domain))
    options = {"remove_duplicates": False, "use_story_concatenation": False, "augmentation_factor": 0}
    generator = TrainingDataGenerator(graph, agent.domain, **options)
    trackers = generator.generate_story_trackers()
    agent.processor.expect(trackers)
    return SimpleNamespace(story_graph=graph, generate_story_trackers=lambda: trackers)


class Examined:
    """What Rasa's test takes for a processor: one dialogue after the other, in the order of the files."""

    def __init__(self, processor: Any) -> None:
        self.domain = processor.domain
        self._processor = processor
        self._said: list[str] = []  # and not yet asked for
        self._note_what_is_said()

    def expect(self, trackers: list[Any]) -> None:
        """What comes, message by message: the intent, and the language where a dialogue begins."""
        from rasa.shared.core.events import UserUttered

        self._coming: list[tuple[str | None, str | None]] = []
        for tracker in trackers:
            begins: str | None = Path(tracker.sender_source).parent.name
            for event in tracker.events:
                if isinstance(event, UserUttered):
                    self._coming.append((event.intent_name, begins))
                    begins = None

    async def parse_message(self, message: Any) -> dict[str, Any]:
        """The intent that the classifier saw, if it is the expected one, or else what the rules followed."""
        from bot.brain.turn import CURRENT, answer

        expected, begins = self._coming.pop(0)
        if begins:
            self._begin(begins)
        self._said.clear()
        answered = await answer(self._question(message.text), self._processor)
        self._state = answered["state"]
        self._heard += [said["text"] for said in answered["messages"]]
        turn: Any = CURRENT.get()
        followed = turn.result.latest_message.intent_name
        right = expected is None or expected == answered["intent"]["name"]
        return {"intent": {"name": expected if right else followed}, "entities": []}

    def predict_next_with_tracker_if_should(self, _: Any) -> tuple[Any, Any]:
        from rasa.core.policies.policy import PolicyPrediction

        name = self._said.pop(0) if self._said else "action_listen"
        return SimpleNamespace(name=lambda: name), PolicyPrediction([1.0], "RulePolicy")

    def _begin(self, language: str) -> None:
        self._language, self._state, self._heard = language, None, list[str]()
        url = os.environ["BUSINESS_API_URL"]
        urllib.request.urlopen(urllib.request.Request(f"{url}/anew", method="POST"))  # noqa: S310

    def _question(self, text: str) -> Question:
        self._language = language_of_text(text) or self._language
        return Question.parse(
            {
                "conversation": "dialogue",
                "message_id": f"m-{len(self._coming)}",
                "text": with_code(text, self._heard),
                "metadata": {"language": self._language, "channel": "web"},
                "state": self._state,
            }
        )

    def _note_what_is_said(self) -> None:
        from bot.brain.turn import CURRENT

        generate = self._processor.nlg.generate

        async def noted(name: str, *arguments: Any, **values: Any) -> Any:
            if not CURRENT.get().handoff and name not in MANNERS:
                self._said.append(name)
            return await generate(name, *arguments, **values)

        self._processor.nlg.generate = noted


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
