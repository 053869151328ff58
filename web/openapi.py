"""The description of the site's own HTTP interface (OpenAPI 3.1), made from the routes.

FastAPI reads addresses, fields and limits off the code. What it cannot see stands beside each route
in the words of this module: which refusals it answers with, where it leads on, and which bytes it
proves genuine before it reads them. `./motcua dev openapi` writes it down; a test holds the file
to the code, and another the site to the file.
"""

from __future__ import annotations

from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from language import signing

TITLE = "Motcua"
VERSION = "1"
"""Of the interface; raised when what others rely on changes."""
ABOUT = (
    "The public site of the land registration office's bot: pages and forms that work without a "
    "script, addresses that providers and platforms call back, and what the Rasa server asks over "
    "loopback. Refusals are pages in the reader's language."
)
Responses = dict[int | str, dict[str, Any]]

_PAGE = {"text/html": {"schema": {"type": "string", "minLength": 1}}}
_MEANT = {
    400: "The form cannot be taken apart",
    403: "Not a form of the site's own, or from who may not",
    404: "There is no such page, or it is off",
    409: "Somebody else's by now",
    413: "Larger than is taken",
    422: "What was sent does not have the shape described",
    429: "Too many in a short time",
    503: "Not now; worth another try",
}
_SIGNATURE = "signature"
_SIGNED = {
    "type": "apiKey",
    "in": "header",
    "name": signing.HEADER,
    "description": "`t=<unix time>,v1=<HMAC-SHA-256 of time, dot and body>`, good once and for "
    f"{signing.TOLERANCE} seconds. Without it these addresses are not there (404).",
}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def refusals(*statuses: int) -> Responses:
    """Return these refusals: each is a page with a plain word for the reader."""
    return {status: {"description": _MEANT[status], "content": _PAGE} for status in statuses}


def bare(*statuses: int) -> Responses:
    """Return answers without a body, for machines."""
    return {status: {"description": HTTPStatus(status).phrase} for status in statuses}


def file(media_type: str) -> Responses:
    """Return the answer 200 with a body of this kind."""
    return {200: {"description": "OK", "content": {media_type: {}}}}


LEADS_ON: Responses = {
    303: {
        "description": "Done; the page to show is elsewhere",
        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
    }
}


def takes(
    media_type: str, schema: dict[str, Any] | None = None, required: bool = True
) -> dict[str, Any]:
    """Describe a body that the route reads by itself."""
    body = {"content": {media_type: {"schema": schema or {}}}, "required": required}
    return {"requestBody": body}


def asked_by_query(*names: str, required: bool = True) -> dict[str, Any]:
    """Describe fields of an address that the route reads by itself."""
    text = {"type": "string"}
    return {
        "parameters": [
            {"name": name, "in": "query", "required": required, "schema": text} for name in names
        ]
    }


def signed_question(question: type[BaseModel]) -> dict[str, Any]:
    """Describe a question of the Rasa server's: its fields, and that it is signed."""
    schema = question.model_json_schema(ref_template="#/components/schemas/{model}")
    body = takes("application/json", schema)
    return {**body, "security": [{_SIGNATURE: []}]}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an application's routes."""
    described = deepcopy(app.openapi())
    schemas = described["components"]["schemas"]
    described["info"]["description"] = ABOUT
    described["components"]["securitySchemes"] = {_SIGNATURE: _SIGNED}
    for path in described["paths"].values():
        for operation in path.values():
            _as_it_is(operation)
            for body in operation.get("requestBody", {}).get("content", {}).values():
                # Parts of a body stand where references to them can be followed.
                schemas.update(body["schema"].pop("$defs", {}))
    # FastAPI's own words for what is invalid: the site says it by a page.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return described


def _as_it_is(operation: dict[str, Any]) -> None:
    """Put right what FastAPI supposes of every route."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        responses["422"] = refusals(422)[422]
    content = operation.get("requestBody", {}).get("content", {})
    if _FORMS[0] in content:
        content[_FORMS[1]] = deepcopy(content[_FORMS[0]])
        responses.setdefault("400", refusals(400)[400])
