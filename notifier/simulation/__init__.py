"""A month of an office in minutes: dossiers that move, a gateway that misbehaves, and the notifier
between them, at a clock that is moved. Nothing of it runs in an installation's own work.
"""
