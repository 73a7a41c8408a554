"""For components/details.py: which of a topic's details a message asks about, and how sure that is.

Kernel ridge regression, one against the rest, for each topic: its details' examples and answers against each
other, against messages about other subjects, and against the topic's own question. Leaving each example out
in turn tells how often a score like that is right. On the demo content (5,514 examples in 46 topics) 64% have
a confidence of 0.5 or more, 85% of them rightly; of the others 6% reach it. What becomes of held-out
questions: tests/brain/test_details.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.brain.confidence.encoder import Encoder
from bot.brain.confidence.kernel import Landmarks, Likeness, Ridge, directions

OTHER_SUBJECTS = 100  # examples of other intents
FIRST_QUESTIONS = 30  # examples of the topic's intent,
AS_GOOD_AS_A_DETAIL = 0.6  # but those that are so like a detail's, by the cosine
PARTS = ("asked", "answer")  # of what is written of a detail: what messages are compared with
MEANING_WEIGHT = 8.0  # of the sentence vectors beside the words
SHARPNESS = 1.5
NO_SECOND = -1.0  # the score of what is not meant
ENOUGH = 200  # outcomes to learn a confidence from; with fewer, what the demo content teaches:
TAUGHT = np.array([0.0, 1.96, 1.93, -0.74])

Detail = dict[str, Any]


@dataclass
class Topic:
    """What messages are compared with after one answer. The last class is: about something else."""

    details: list[Detail]
    landmarks: Landmarks
    weights: np.ndarray


@dataclass
class Details:
    """By topic. `sureness` turns the three features of a score into a probability."""

    topics: dict[str, Topic]
    sureness: np.ndarray | None = None

    def use(self, encoder: Encoder | None) -> None:
        """The encoder is not kept with a model."""
        for topic in self.topics.values():
            topic.landmarks.encoder = encoder

    def find(self, topic: str, text: str) -> Detail | None:
        """The likeliest detail with its `confidence`, None where the topic has none."""
        known = self.topics.get(topic)
        if known is None:
            return None
        scores = _kernel(known.landmarks.likeness([text])) @ known.weights
        sureness = TAUGHT if self.sureness is None else self.sureness
        confidence = 1 / (1 + np.exp(-(_features(scores) @ sureness[:3] + sureness[3])))
        return {**known.details[scores[0, :-1].argmax()], "confidence": float(confidence[0])}


def learn(written: Iterable[Detail], examples: Sequence[tuple[str, str]], encoder: Encoder | None) -> Details:
    """`written` has for each detail `topic`, `name`, `asked` and `answer` or `means`; `examples` are texts
    with their intents.
    """
    details = list(written)
    shuffled = np.random.default_rng(0).permutation(len(examples))
    mixed = [examples[row] for row in shuffled]
    by_topic: dict[str, list[Detail]] = defaultdict(list)
    for detail in details:
        by_topic[detail["topic"]].append(detail)
    others = mixed[: 2 * OTHER_SUBJECTS]
    firsts = {
        name: [text for text, intent in mixed if intent == name][: 2 * FIRST_QUESTIONS] for name in by_topic
    }
    beside = {"asked": {"others": [text for text, _ in others], **firsts}}
    vectors = _vectors([*details, beside], encoder)
    topics, features, right = {}, [], []
    for name, own in by_topic.items():
        elsewhere = [text for text, intent in others if intent != name][:OTHER_SUBJECTS]
        elsewhere += _unlike(firsts[name], own, vectors)[:FIRST_QUESTIONS]
        topics[name], scores, classes = _learn_topic(own, elsewhere, encoder, vectors)
        features.append(_features(scores))
        right.append(scores[:, :-1].argmax(1) == classes)
    return Details(topics, _sureness(features, right))


def _vectors(details: list[Detail], encoder: Encoder | None) -> dict[str, np.ndarray]:
    """Of every text, each once; none without an encoder."""
    texts = list({text for detail in details for part in PARTS for text in _texts(detail.get(part, {}))})
    return dict(zip(texts, encoder(texts), strict=True)) if encoder and texts else {}


def _unlike(texts: list[str], details: list[Detail], vectors: dict[str, np.ndarray]) -> list[str]:
    """Those that are none of the details' questions, too: "when do you close?" may be first and next."""
    asked = {text for detail in details for text in _texts(detail["asked"])}
    if not vectors:
        return [text for text in texts if text not in asked]
    if not texts:
        return []
    centre = np.mean(list(vectors.values()), axis=0)
    theirs, ours = (directions(np.array([vectors[text] for text in some]), centre) for some in (texts, asked))
    nearest = (theirs @ ours.T).max(1)
    return [text for text, near in zip(texts, nearest, strict=True) if near < AS_GOOD_AS_A_DETAIL]


def _learn_topic(
    details: list[Detail], elsewhere: list[str], encoder: Encoder | None, known: dict[str, np.ndarray]
) -> tuple[Topic, np.ndarray, np.ndarray]:
    """The topic, and of each text that customers may write the scores without it, and its class."""
    asked = [(text, number) for number, detail in enumerate(details) for text in _texts(detail["asked"])]
    asked += [(text, len(details)) for text in elsewhere]
    told = [
        (text, number) for number, detail in enumerate(details) for text in _texts(detail.get("answer", {}))
    ]
    texts, classes = [text for text, _ in asked + told], np.array([number for _, number in asked + told])
    vectors = np.array([known[text] for text in texts]) if encoder else None
    landmarks = Landmarks(texts, vectors, encoder)
    ridge = Ridge(_kernel(landmarks.likeness(texts, vectors)), np.arange(len(texts)), classes)
    one_by_one = np.where(np.arange(len(texts)) < len(asked), np.arange(len(texts)), -1)
    kept = [{key: value for key, value in detail.items() if key != "asked"} for detail in details]
    scores = ridge.without(one_by_one)[: len(asked)]
    return Topic(kept, landmarks, ridge.weights), scores, classes[: len(asked)]


def _texts(by_language: Any) -> list[str]:
    return [text for texts in by_language.values() for text in ([texts] if isinstance(texts, str) else texts)]


def _kernel(likeness: Likeness) -> np.ndarray:
    kernel = likeness.words + MEANING_WEIGHT * np.exp(SHARPNESS * (likeness.meaning - 1))
    return kernel.astype(np.float32)


def _features(scores: np.ndarray) -> np.ndarray:
    """The best score of a detail, by how much it is better than the next, and than "about something else"."""
    best = np.sort(scores[:, :-1], axis=1)
    next_best = best[:, -2] if best.shape[1] > 1 else np.full(len(best), NO_SECOND)
    return np.stack([best[:, -1], best[:, -1] - next_best, best[:, -1] - scores[:, -1]], 1)


def _sureness(features: list[np.ndarray], right: list[np.ndarray]) -> np.ndarray | None:
    from sklearn.linear_model import LogisticRegression

    outcomes = np.concatenate(right) if right else np.zeros(0)
    if len(outcomes) < ENOUGH or len(set(outcomes)) < 2:
        return None
    learned = LogisticRegression().fit(np.concatenate(features), outcomes)
    return np.append(learned.coef_[0], learned.intercept_[0])
