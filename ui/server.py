"""The dashboard's web server: what every answer carries so that a browser keeps the page to itself."""

from collections.abc import Awaitable, Callable, MutableMapping

from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Nothing is fetched from elsewhere. Streamlit's own scripts need inline code and blobs.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class SafeHeaders:
    """Adds the headers to every answer."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on; answers to it leave with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = message.get("headers")
                given = list(held) if isinstance(held, list | tuple) else []
                added = [(name.encode(), words.encode()) for name, words in HEADERS.items()]
                message = {**message, "headers": [*given, *added]}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def middleware() -> list[Middleware]:
    """Give what every request passes through before it reaches Streamlit."""
    # Streamlit takes a folder named "pages" for its older kind of navigation until the first page has run, and would
    # greet a deep link to a fresh server with "page not found".
    PagesManager.uses_pages_directory = False
    return [Middleware(SafeHeaders)]
