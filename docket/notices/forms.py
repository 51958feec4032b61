"""The forms in which a message travels: plain text, HTML, and the JSON of webhooks; no sentence becomes markup."""

from html import escape

from docket.notices.message import Message, Paragraph

MAY_BE_REPEATED = "You may have had this message before: its delivery was interrupted."
BODY = "font-family:system-ui,sans-serif;font-size:15px;line-height:1.45;color:#1c2430;max-width:38em"
QUIET = "color:#5c6675;font-size:13px"


def plain(message: Message) -> str:
    """Give a message as plain text."""
    blocks = ["\n".join((one.heading, *one.sentences, one.link)) for one in message.paragraphs]
    return "\n\n".join([*blocks, "\n".join(message.closing)]) + "\n"


def html(message: Message) -> str:
    """Give a message as an HTML page that needs nothing from elsewhere."""
    blocks = "\n".join(_block(one) for one in message.paragraphs)
    closing = "<br>\n".join(escape(line) for line in message.closing)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(message.subject)}</title></head>'
        f'\n<body style="{BODY}">\n{blocks}\n<p style="{QUIET}">{closing}</p>\n</body></html>\n'
    )


def chat_text(message: Message) -> dict[str, object]:
    """Give a message as Slack takes it, and what understands the same; its three signs of markup are escaped."""
    text = f"{message.subject}\n\n{plain(message)}"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "mrkdwn": False}


def card(message: Message) -> dict[str, object]:
    """Give a message as the adaptive card that Teams takes; its text runs know no markup."""
    body = [_text_block(message.subject, weight="Bolder")]
    actions: list[dict[str, str]] = []
    for one in message.paragraphs:
        body.append(_text_block(one.heading, weight="Bolder"))
        body += [_text_block(sentence) for sentence in one.sentences]
        actions.append({"type": "Action.OpenUrl", "title": one.heading, "url": one.link})
    body += [_text_block(line) for line in message.closing]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    return {"type": "message", "attachments": [attachment]}


def repeated(message: Message) -> Message:
    """Give a message that says of itself that it may be a repeat."""
    return Message(message.subject, message.paragraphs, (MAY_BE_REPEATED, *message.closing))


def _block(one: Paragraph) -> str:
    sentences = "<br>\n".join(escape(sentence) for sentence in one.sentences)
    link = f'<a href="{escape(one.link)}">Open it</a>'
    return f"<p><strong>{escape(one.heading)}</strong><br>\n{sentences}<br>\n{link}</p>"


def _text_block(text: str, weight: str = "Default") -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "weight": weight}]}
