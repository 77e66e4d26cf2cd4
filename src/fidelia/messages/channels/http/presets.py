"""Presets: definitions that are ready to be used, and nothing but definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .model import ChannelDefinition, ChannelPreset

_NOT_USED = {
    "username": "",
    "password": "",
    "token": "",
    "header": "",
    "token_url": "",
    "client_id": "",
    "client_secret": "",
    "scope": "",
    "client_in_body": False,
}


def _rule(outcome: str, *statuses: str, conditions: Any = (), reason: str = "", unsubscribes: bool = False) -> Any:
    return {
        "statuses": list(statuses),
        "conditions": list(conditions),
        "outcome": outcome,
        "reason": reason,
        "unsubscribes": unsubscribes,
    }


def _gone(said: str) -> Any:
    return _rule("failed", "403", conditions=[_when("description", "contains", said)], unsubscribes=True)


def _when(path: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"path": path, "op": op, "value": value}


def _event(event: str, *conditions: Any, message_id: Any = (), contact: str = "") -> dict[str, Any]:
    return {"conditions": list(conditions), "event": event, "message_id": list(message_id), "contact": contact}


def _field(key: str, label: str, type_: str = "text", *, required: bool = False, **more: Any) -> dict[str, Any]:
    made = {"key": key, "label": label, "type": type_, "required": required, "max_length": None, "options": []}
    return {**made, "help": "", **more}


def _setting(key: str, label: str, type_: str = "text", *, required: bool = True, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": label, "type": type_, "required": required, "default": "", "help": "", **more}


_TELEGRAM: dict[str, Any] = {
    "contact": {
        "label": "Chat id",
        "pattern": r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}",
        "example": "123456789",
        "help": "The number of the chat between a person and the bot; the bot learns it when the person presses Start.",
    },
    "content": [
        _field("text", "Text", "long_text", required=True, max_length=4096),
        _field(
            "parse_mode",
            "Formatting",
            "choice",
            options=[{"value": "HTML", "label": "HTML tags"}, {"value": "MarkdownV2", "label": "Markdown"}],
            help="Without it the text is shown as it is. Values of profiles are not escaped for it.",
        ),
        _field("button_text", "Words on the button", max_length=64),
        _field("button_url", "Address of the button", "url", max_length=2000),
        _field("silent", "Without a sound", "boolean"),
    ],
    "settings": [
        _setting("token", "Token of the bot", "secret", help="BotFather gives it, such as 123456:ABC-DEF."),
        _setting("api_url", "Address of the Bot API", "url", default="https://api.telegram.org"),
    ],
    "request": {
        "method": "POST",
        "url": "${settings.api_url}/bot${settings.token}/sendMessage",
        "query": [],
        "headers": [],
        "body": "json",
        "json": {
            "chat_id": "${contact}",
            "text": "${content.text}",
            "parse_mode": "${content.parse_mode}",
            "disable_notification": "$#{content.silent}",
            "reply_markup": {
                "inline_keyboard": [[{"text": "${content.button_text}", "url": "${content.button_url}"}]],
            },
        },
        "form": [],
        "text": "",
        "content_type": "",
        "idempotent": False,
        "allow_http": False,
    },
    "auth": {"kind": "none", **_NOT_USED},
    "answer": {
        "rules": [
            _rule("sent", "2xx", conditions=[_when("ok", "eq", True)]),
            _rule("later", "429"),
            _rule("stop", "401", "404", reason="Telegram does not know this bot: check the token"),
            _gone("blocked by the user"),
            _gone("user is deactivated"),
            _rule("failed", "400-499"),
            _rule("later", "5xx"),
        ],
        "otherwise": "failed",
        "reason": "description",
        "message_id": ["result.chat.id", "result.message_id"],
        "retry_after": "parameters.retry_after",
    },
    "limits": {"connections": 10, "rate": 25, "timeout": 20},
    "inbound": {
        "active": True,
        "items": "",
        "message_id": [],
        "whose": "provider",
        "contact": "",
        "at": "",
        "reason": "",
        "event_id": "update_id",
        "rules": [
            _event(
                "replied",
                _when("message.reply_to_message.message_id", "is_present"),
                message_id=["message.chat.id", "message.reply_to_message.message_id"],
            ),
            _event(
                "clicked",
                _when("callback_query.message.message_id", "is_present"),
                message_id=["callback_query.message.chat.id", "callback_query.message.message_id"],
            ),
            _event(
                "unsubscribed",
                _when("message.text", "eq", "/stop"),
                contact="message.chat.id",
            ),
            _event(
                "blocked_by_user",
                _when("my_chat_member.new_chat_member.status", "eq", "kicked"),
                contact="my_chat_member.chat.id",
            ),
        ],
        "signature": {"kind": "none", "header": "", "encoding": "hex", "prefix": "", "secret": ""},
    },
}

_SMS: dict[str, Any] = {
    "contact": {
        "label": "Phone number",
        "pattern": r"\+[1-9][0-9]{6,14}",
        "example": "+491701234567",
        "help": "With the country code. Without a resource the first number of the profile is used.",
    },
    "content": [
        _field("text", "Text", "long_text", required=True, max_length=1530, help="160 characters fit in one message."),
        _field("sender", "Sender", max_length=15, help="In place of the sender of the settings."),
    ],
    "settings": [
        _setting("api_url", "Address of the provider", "url", help="To which the messages are posted."),
        _setting("api_key", "API key", "secret"),
        _setting("sender", "Sender", required=False, help="The name or number that people see."),
    ],
    "request": {
        "method": "POST",
        "url": "${settings.api_url}/messages",
        "query": [],
        "headers": [{"name": "Idempotency-Key", "value": "${message.id}"}],
        "body": "json",
        "json": {
            "to": "${contact}",
            "from": "${content.sender or settings.sender}",
            "text": "${content.text}",
            "reference": "${message.id}",
            "callback_url": "${inbound.url}",
        },
        "form": [],
        "text": "",
        "content_type": "",
        "idempotent": False,
        "allow_http": False,
    },
    "auth": {"kind": "bearer", **_NOT_USED, "token": "${settings.api_key}"},
    "answer": {
        "rules": [
            _rule("later", "429", "5xx"),
            _rule("stop", "401", "403", reason="The provider does not accept the API key"),
            _rule("stop", "402", reason="The account at the provider is empty"),
            _rule("failed", "2xx", conditions=[_when("error", "is_present")]),
            _rule("sent", "2xx"),
            _rule("failed", "4xx"),
        ],
        "otherwise": "failed",
        "reason": "error.message",
        "message_id": ["id"],
        "retry_after": "retry_after",
    },
    "limits": {"connections": 10, "rate": 20, "timeout": 20},
    "inbound": {
        "active": True,
        "items": "events",
        "message_id": ["reference"],
        "whose": "ours",
        "contact": "",
        "at": "at",
        "reason": "error",
        "event_id": "event_id",
        "rules": [
            _event("delivered", _when("status", "eq", "delivered")),
            _event("failed", _when("status", "eq", "failed")),
            _event("failed", _when("status", "eq", "undelivered")),
            _event("failed", _when("status", "eq", "expired")),
            _event("unsubscribed", _when("status", "eq", "opted_out")),
            _event("replied", _when("status", "eq", "replied")),
        ],
        "signature": {"kind": "none", "header": "", "encoding": "hex", "prefix": "", "secret": ""},
    },
}

PRESETS: Mapping[str, ChannelPreset] = {
    "telegram_bot": ChannelPreset(
        preset="telegram_bot",
        key="telegram",
        name="Telegram bot",
        icon="brand-telegram",
        description="Messages of a bot to people who have begun a chat with it.",
        guide=(
            "Make a bot with @BotFather in Telegram and enter its token. People reach the bot by its link and press"
            " Start; put the chat id that your bot learns then into their subscriptions. Tell Telegram the inbound"
            " address once, by setWebhook, and answers, blocked bots and /stop arrive here."
        ),
        definition=msgspec.convert(_TELEGRAM, ChannelDefinition),
    ),
    "sms": ChannelPreset(
        preset="sms",
        key="sms",
        name="SMS",
        icon="message",
        description="Text messages by a provider that takes JSON with a key.",
        guide=(
            "Enter the address and the key of your provider, and compare the request with its documentation: the names"
            " of the members differ from one to the next. Delivery reports come to the inbound address."
        ),
        definition=msgspec.convert(_SMS, ChannelDefinition),
    ),
}
