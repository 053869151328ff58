"""The baseline: messages sent with Celery, the way GOV.UK Notify sends them.

One task a message over a Redis broker, acknowledged late; the task reads the row, lets go of the
database, posts, and writes the row in a transaction of its own. `python -m … N` makes the table
and queues N tasks. What Notify does besides (templates, provider choice, statistics) is left out:
in the baseline's favour.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import lru_cache

import requests
from celery import Celery
from sqlalchemy import Engine, String, create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.benchmarks.stage import TEXT

app = Celery("baseline", broker=os.environ["BENCH_BROKER"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)


class _Base(DeclarativeBase):
    pass


class Notification(_Base):
    """A message."""

    __tablename__ = "notification"

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(20))
    body: Mapped[str]
    status: Mapped[str] = mapped_column(String(20), default="created")
    reference: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None]


@lru_cache(maxsize=1)
def engine() -> Engine:
    """Return this process's engine: made after the fork."""
    return create_engine(os.environ["MOTCUA_DATABASE_URL"], pool_size=64)


@lru_cache(maxsize=1)
def client() -> requests.Session:
    """Return this process's HTTP client, which keeps connections."""
    made = requests.Session()
    made.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
    return made


@app.task(name="deliver_sms")
def deliver_sms(id_: int) -> None:
    """Send one message."""
    with Session(engine()) as session:
        notification = session.get_one(Notification, id_)
        if notification.status != "created":
            return
        fields = {"Phone": notification.to, "Content": notification.body, "RequestId": f"{id_}-1"}
    answer = client().post(os.environ["BENCH_URL"], json=fields, timeout=10)
    answer.raise_for_status()
    with Session(engine()) as session:
        notification = session.get_one(Notification, id_)
        notification.status = "sending"
        notification.reference = answer.json()["SMSID"]
        notification.sent_at = datetime.now(UTC).replace(tzinfo=None)
        session.commit()


def fill(n: int) -> None:
    """Make the table, and `n` messages with a task each."""
    _Base.metadata.create_all(engine())
    rows = [{"to": f"09{i:08d}", "body": TEXT.format(n=i)} for i in range(n)]
    with engine().begin() as connection:
        connection.execute(insert(Notification), rows)
    with app.pool.acquire(block=True) as connection:
        for id_ in range(1, n + 1):
            deliver_sms.apply_async((id_,), connection=connection)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
