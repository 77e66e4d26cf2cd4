"""What messages offer to conditions: one row for each message a person got, with what became of it.

The rows are made of the history: all events of one message have ids that begin with its run and recipient. So "opened
none of the last five mailings" is a choice of five rows, none of which has ``opened_at``.
"""

# ruff: noqa: S608 names of our own columns and tables only
from __future__ import annotations

from fidelia import events
from fidelia.conditions import Field, Link, Subject, Vocabulary
from fidelia.platform.postgres import Tx

CATEGORY = "Messages and mailings"
_REACTIONS = (
    ("delivered_at", "delivered", "Delivered at"),
    ("opened_at", "opened", "First opened at"),
    ("clicked_at", "clicked", "First clicked at"),
    ("unsubscribed_at", "unsubscribed", "Unsubscribed at"),
    ("complained_at", "complained", "Complained at"),
    ("bounced_at", "bounced", "Bounced at"),
)
_REFERENCES = (("mailing", "Mailing"), ("template", "Template"), ("campaign", "Campaign"), ("scenario", "Scenario"))


def rows(table: str) -> str:
    """Return the rows as a sub-query: no merge of repeated events is needed, the first moments are the same."""
    sent = "type = 'message.sent'"
    run = "toUInt32OrZero(substringIndex(id, '-', 1))"
    columns = [
        "profile",
        f"if({run} > 0, toUInt64({run}), sipHash64(id)) AS message",
        f"minIf(at, {sent}) AS sent_at",
        *(f"anyIf({name}, {sent}) AS {name}_id" for name, _ in _REFERENCES),
        f"anyIf(toString(channel), {sent}) AS via",
        *(f"minOrNullIf(at, type = 'message.{kind}') AS {name}" for name, kind, _ in _REACTIONS),
    ]
    kinds = ", ".join(f"'message.{kind}'" for kind in ("sent", *(kind for _, kind, _ in _REACTIONS)))
    return (
        f"(SELECT {', '.join(columns)} FROM {table} WHERE type IN ({kinds})"
        f" GROUP BY profile, message HAVING countIf({sent}) > 0)"
    )


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what messages offer to conditions of a database."""

    def field(name: str, type_: str, label: str, sql: str, *, nullable: bool = True) -> Field:
        return Field(
            name=f"message.{name}",
            type=type_,
            label=label,
            sql=sql,
            category=CATEGORY,
            live=False,
            nullable=nullable,
        )

    message = Subject(
        name="message",
        label="Message",
        table=rows(events.events_table(database_id)),
        id="message",
        final=False,
        time="message.sent_at",
        one="message",
        many="messages",
        fields=(
            field("sent_at", "datetime", "Sent at", "sent_at", nullable=False),
            *(field(name, "datetime", label, name) for name, _, label in _REACTIONS),
            *(field(name, "integer", label, f"nullIf({name}_id, 0)") for name, label in _REFERENCES),
            field("channel", "string", "Channel", "nullIf(via, '')"),
        ),
    )
    link = Link(name="messages", to="message", key="profile", label="Message", category=CATEGORY)
    return Vocabulary(subjects=(message,), links=(link,), categories=(CATEGORY,))
