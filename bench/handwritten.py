"""What people write by hand today: the vendor's page in the idiom of each framework, with a model and a secret."""

from __future__ import annotations

import json
from hmac import compare_digest, digest
from typing import Annotated, Final

import flask
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from fastapi import FastAPI, Header, HTTPException, Request

from .deliveries import PATH, SECRET
from .limit import Completed

NAME: Final = "X-MeetingBaas-Signature"


def _signature(body: bytes) -> str:
    return digest(SECRET.encode(), body, "sha256").hex()


def fastapi_app() -> FastAPI:
    """Return an application with a path operation that checks, parses and answers."""
    app = FastAPI()

    @app.post(PATH)
    async def receive(
        request: Request, x_meetingbaas_signature: Annotated[str | None, Header()] = None
    ) -> dict[str, str]:
        body = await request.body()
        if not compare_digest(_signature(body), x_meetingbaas_signature or ""):
            raise HTTPException(401, "Invalid signature")
        event = Completed.model_validate(json.loads(body))
        if event.event == "complete":
            await archive(event)
        return {"status": "success"}

    return app


async def archive(event: Completed) -> None:
    """Do what a handler does."""


def flask_app() -> flask.Flask:
    """Return an application with a view that checks, parses and answers."""
    app = flask.Flask(__name__)

    @app.post(PATH)
    def receive() -> flask.Response:
        body = flask.request.get_data()
        if not compare_digest(_signature(body), flask.request.headers.get(NAME, "")):
            flask.abort(401)
        event = Completed.model_validate(json.loads(body))
        if event.event == "complete":
            archive_now(event)
        return flask.jsonify(status="success")

    return app


def archive_now(event: Completed) -> None:
    """Do what a handler does."""


@csrf_exempt
@require_POST
def django_view(request: HttpRequest) -> HttpResponse:
    """Check, parse and answer."""
    body = request.body
    if not compare_digest(_signature(body), request.headers.get(NAME, "")):
        return HttpResponse(status=401)
    event = Completed.model_validate(json.loads(body))
    if event.event == "complete":
        archive_now(event)
    return JsonResponse({"status": "success"})
