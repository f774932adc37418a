"""Slack's no."""

from bot.sandbox.slack.blockkit import JsonObject


class Refusal(Exception):
    """Slack does not do it; ``error`` is its word for why, ``messages`` say what is wrong where."""

    def __init__(self, error: str, *messages: str, arg: str = "") -> None:
        """``arg`` is the argument that is missing."""
        super().__init__(": ".join((error, "; ".join(messages))) if messages else error)
        self.error = error
        self.messages = messages
        self.arg = arg
        self.faults: list[JsonObject] = []
        """What is wrong where, as Slack's validator says it."""

    def as_json(self, method: str) -> JsonObject:
        """As the Web API answers it: only of messages are the faults told twice."""
        answer: JsonObject = {"ok": False, "error": self.error, **({"arg": self.arg} if self.arg else {})}
        if self.faults:
            return {**answer, "errors": self.faults}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return {**answer, "errors": list(self.messages)} if self.messages and method.startswith("chat.") else answer
