"""Messages to applicants: what to say and when, and how each reaches its end exactly once.

Reads the events that `dossiers` records; knows nothing of chats, pages or commands.
"""
