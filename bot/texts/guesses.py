"""What those who decide read when somebody may be guessing codes.

Plain text: whoever shows a sentence escapes it for where it is shown.
"""

from bot.durations import write_duration
from bot.guesses import Alarm, Suspect
from bot.texts.numbers import hidden

ALARM_HEADING = "Somebody may be guessing codes"
ALARM_NEXT = "Further attempts wait, longer each time, or need approval. Ask them what they need."


def alarm(told: Alarm, name: str) -> str:
    """``name`` is how the agent is shown: escaped, or Slack's markup for a person."""
    span, number = write_duration(told.seconds), hidden(told.lookup.phone)
    if told.suspect is Suspect.NUMBER:
        return f"{told.refused} refused codes for {number} within {span}, the last by {name}."
    return f"{told.refused} refused codes by {name} within {span}, the last for {number}."


def alarm_reference(told: Alarm) -> str:
    return f"Reference {told.lookup.id}"
