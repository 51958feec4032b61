"""The forms in which a message travels: plain text, HTML, and the JSON of webhooks; no sentence becomes markup."""

from html import escape

from docket.notices.message import Message, Paragraph

MAY_BE_REPEATED = "You may have had this message before: its delivery was interrupted."
BODY = (
    "margin:0 auto;padding:24px 16px;max-width:36em;background:#ffffff;color:#1c2430;"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif"
)
HEADING = "margin:0 0 16px;font-size:19px;line-height:1.3"
BLOCK = "margin:0 0 18px;padding:0 0 0 12px;border-left:3px solid #c3cad4"
LINK = "color:#1f5fbf"
QUIET = "margin:24px 0 0;padding:12px 0 0;border-top:1px solid #dfe3e9;color:#5c6675;font-size:13px"


def plain(message: Message) -> str:
    """Give a message as plain text."""
    blocks = ["\n".join((one.heading, *one.sentences, one.link)) for one in message.paragraphs]
    return "\n\n".join([*blocks, "\n".join(message.closing)]) + "\n"


def html(message: Message) -> str:
    """Give a message as an HTML page that needs nothing from elsewhere."""
    blocks = "\n".join(_block(one) for one in message.paragraphs)
    closing = "<br>\n".join(escape(line) for line in message.closing)
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(message.subject)}</title></head>",
            f'<body style="{BODY}">',
            f'<h1 style="{HEADING}">{escape(message.subject)}</h1>',
            blocks,
            f'<p style="{QUIET}">{closing}</p>',
            "</body></html>\n",
        )
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
    link = f'<a style="{LINK}" href="{escape(one.link)}">Open this deviation</a>'
    return f'<p style="{BLOCK}"><strong>{escape(one.heading)}</strong><br>\n{sentences}<br>\n{link}</p>'


def _text_block(text: str, weight: str = "Default") -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "weight": weight}]}
