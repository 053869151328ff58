"""`python -m actions`: the action server of one installation, on loopback."""

from __future__ import annotations

import warnings

from core import clock
from core.database import get_sessions
from core.observability import configure_logging
from core.privacy import get_vault
from core.settings import get_settings


def main() -> None:
    """Serve until told to stop."""
    settings = get_settings()
    configure_logging("actions", settings.log_level)
    # Said at each call: Rasa 3.6 and the SDK of today speak one protocol, and tests hold it.
    warnings.filterwarnings("ignore", message="Your versions of rasa and")
    # Imported after logging is set up: rasa_sdk speaks when it is loaded.
    from actions.server import app_for, executor_for, forget_regularly, read_ahead
    from actions.turn import Rooms
    from procedures.appointments import get_reckoner
    from procedures.catalogue import get_catalogue
    from procedures.drafts import get_drafts

    rooms = Rooms(
        catalogue=get_catalogue,
        drafts=lambda: get_drafts(settings.state_dir),
        sessions=get_sessions(),
        settings=settings,
        vault=get_vault(),
        reckon=get_reckoner().reckon,
    )
    app = app_for(executor_for(rooms, clock.now))
    read_ahead(app, rooms, clock.now)
    forget_regularly(app, rooms, clock.now)
    # Rasa alone asks it, from this machine; one process holds the catalogue once.
    app.run(
        host="127.0.0.1",
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
    )


if __name__ == "__main__":
    main()
