"""The picture of a dossier's way: drawn from steps and dates alone, for Rasa's server alone."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image, ImageChops

from language import signing
from language.blocks import Stop
from tests.web.conftest import CHANNEL_SECRET
from web.picture import as_png

WAY = (
    Stop("Đã tiếp nhận hồ sơ", "done", "02/11/2026"),
    Stop("Đang chờ Ông/Bà nộp thuế, lệ phí trước bạ", "current", "16/11/2026"),
    Stop("Đã trả kết quả", "ahead"),
)
WHITE = (255, 255, 255)
GREEN, BLUE, RED = (26, 107, 55), (10, 85, 140), (161, 27, 27)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


def ask(client: TestClient, stops: Any, secret: str = CHANNEL_SECRET) -> Response:
    body = json.dumps({"stops": stops, "nonce": time.perf_counter()}).encode()
    signed = signing.sign(body, secret, int(time.time()))
    return client.post("/internal/way", content=body, headers={signing.HEADER: signed})


def drawn(*stops: Stop) -> Image.Image:
    return Image.open(io.BytesIO(as_png(stops))).convert("RGB")


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    return {colour for count, colour in image.getcolors(1 << 20) or [] if count > 200}  # type: ignore[misc]


def test_rasa_gets_a_picture_that_a_phone_can_show(client: TestClient) -> None:
    answer = ask(client, [asdict(stop) for stop in WAY])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    image = Image.open(io.BytesIO(answer.content))
    assert image.format == "PNG"
    assert 600 <= image.width <= 1200 and image.height < 1200
    # Telegram takes ten megabytes, Messenger eight; a phone on a slow line is asked for far less.
    assert len(answer.content) < 100_000
    assert not image.info.keys() & {"Title", "Author", "Comment"}, "nothing beside the pixels"


def test_each_state_is_told_by_its_own_mark() -> None:
    def marks(state: Any) -> Image.Image:
        return drawn(Stop("", state))

    made = {state: marks(state) for state in ("done", "current", "ahead", "broken")}
    assert GREEN in colours(made["done"])
    assert BLUE in colours(made["current"])
    assert RED in colours(made["broken"])
    assert not {GREEN, BLUE, RED} & colours(made["ahead"])
    grey = {
        state: image.convert("L").point(lambda p: 255 * (p > 200)) for state, image in made.items()
    }
    for one, other in (("done", "current"), ("done", "ahead"), ("done", "broken")):
        assert ImageChops.difference(grey[one], grey[other]).getbbox(), "told by shape as well"


def test_a_long_way_with_long_names_stays_within_its_picture() -> None:
    image = drawn(*(Stop("NGHĨA VỤ TÀI CHÍNH " * 6, "done", "02/11/2026") for _ in range(12)))
    edge = 20
    for box in (
        (0, 0, image.width, edge),
        (0, image.height - edge, image.width, image.height),
        (image.width - edge, 0, image.width, image.height),
    ):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), WHITE)]


@pytest.mark.parametrize(
    "text", ['#panic("x")', "$ x $", '"; #read("/etc/passwd")', "\\u{0}", "*a*"]
)
def test_no_text_is_read_as_markup(text: str) -> None:
    image = drawn(Stop(text, "done"))
    plain = drawn(Stop("", "done"))
    assert image.width == plain.width
    assert image.tobytes() != plain.tobytes(), "it is drawn, letter by letter"


@pytest.mark.parametrize(
    "stops",
    [
        [],
        [{"label": "a", "state": "gone", "on": ""}],
        [{"label": "a" * 121, "state": "done", "on": ""}],
        [{"label": "a", "state": "done", "on": "1" * 121}],
        [{"label": "a", "state": "done", "on": ""}] * 13,
        [{"state": "done"}],
        "all",
    ],
)
def test_what_is_no_way_is_refused(client: TestClient, stops: Any) -> None:
    assert ask(client, stops).status_code == 422


def test_nobody_else_has_anything_drawn(client: TestClient) -> None:
    assert ask(client, [asdict(WAY[0])], "another secret").status_code == 404
    assert client.get("/internal/way").status_code == 405
