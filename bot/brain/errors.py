"""For the gateway: everything that can go wrong with a question, and the HTTP answer that it gets.

BrainError
├── MalformedQuestion   400  the gateway sent what is not in the contract: its bug
├── NotAllowed          401  the shared token is missing or wrong
├── NoSuchModel         404  there is no model file of this name: train it, or put it there
├── QuestionTooLarge    413  more than 1 MiB
├── ModelUnusable       500  a model file cannot be loaded or does not answer: train it again
├── BrainFailed         500  an action, a response or a rule failed: ask again or hand over
└── NotReady            503  no model is loaded yet, or not the one that is asked for: ask again in a moment

ContentError                 for the trainer: the content cannot be trained on
"""

from __future__ import annotations


class BrainError(Exception):
    """`status` is the HTTP status, `code` the word for machines, the message a sentence for people."""

    status = 500
    code = "failed"


class MalformedQuestion(BrainError):
    status = 400
    code = "malformed"


class NotAllowed(BrainError):
    status = 401
    code = "not_allowed"


class QuestionTooLarge(BrainError):
    status = 413
    code = "too_large"


class NoSuchModel(BrainError):
    status = 404
    code = "no_such_model"


class ModelUnusable(BrainError):
    status = 500
    code = "model_unusable"


class BrainFailed(BrainError):
    status = 500
    code = "failed"


class NotReady(BrainError):
    status = 503
    code = "not_ready"


class ContentError(Exception):
    """The message is for the trainer, a line for each thing to mend."""
