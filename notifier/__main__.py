"""``python -m notifier``: the notifier's process."""

from notifier.scheduler import run

if __name__ == "__main__":
    run()
