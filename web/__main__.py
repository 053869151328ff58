"""`python -m web`: serve the site."""

from __future__ import annotations

import uvicorn

from core.memory import collect_seldom
from core.observability import configure_logging
from core.settings import get_settings
from web.app import create_app


def main() -> None:
    """Serve until told to stop."""
    settings = get_settings()
    configure_logging("web", settings.log_level)
    app = create_app(settings)
    collect_seldom()
    uvicorn.run(
        app,
        host=settings.web_host,
        port=settings.web_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
