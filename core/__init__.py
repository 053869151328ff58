"""Settings, database, clock, privacy, observability: the ground floor of the application.

It knows nothing of land, dossiers or messages.
"""
