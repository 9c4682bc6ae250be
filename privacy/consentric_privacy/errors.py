"""The root of every error of consentric, on the ground floor so that all floors can raise it."""

from __future__ import annotations


class ConsentricError(Exception):
    """Something the reader of the message can act on.

    A message names the thing, the value and the remedy; it carries no personal data and no secret.

    Args:
        message: What is wrong, in one sentence.
        hint: What to do next, usually a command.
        where: The place in a file, as `config.toml:31  [connections.hubspot] token`.
        happened: What was and was not done before the error.
    """

    code = "CS001"
    exit_code = 1

    def __init__(
        self, message: str, *, hint: str = "", where: str = "", happened: str = "", code: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.happened = happened
        if code:
            self.code = code


class KeyMaterialError(ConsentricError):
    """A root key, keyset or secret is missing, malformed or not the one the stores were made with."""

    code = "CS401"
    exit_code = 4


class AssessmentError(ConsentricError):
    """A balancing test cannot be signed: no purpose names it, or its file cannot be read."""

    code = "CS242"
    exit_code = 2


class UnsafeStoreError(ConsentricError):
    """A store can be read by others, is damaged, or is on a full disk: nothing may run on it."""

    code = "CS501"
    exit_code = 5
