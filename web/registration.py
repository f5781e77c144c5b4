"""Serve client registration: programs and developers bring JSON and a token (RFC 7591, 7592)."""

from http import HTTPStatus

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from idp.registration import Registrar
from kernel.db import Json
from web import scope

bp = Blueprint("registration", __name__, url_prefix="/register")


@bp.post("")
def register() -> Response:
    """Register a client (RFC 7591 3)."""
    told = _registrar().register(
        scope.db(), request.get_data(), authorization=_authorization(), now=scope.now()
    )
    return _answer(told, HTTPStatus.CREATED)


@bp.get("/<client_id>")
def read(client_id: str) -> Response:
    """Show a client what is registered of it (RFC 7592 2.1)."""
    return _answer(_registrar().read(scope.db(), client_id, authorization=_authorization()))


@bp.put("/<client_id>")
def change(client_id: str) -> Response:
    """Register something else of a client (RFC 7592 2.2)."""
    told = _registrar().change(
        scope.db(),
        client_id,
        request.get_data(),
        authorization=_authorization(),
        now=scope.now(),
    )
    return _answer(told)


@bp.delete("/<client_id>")
def end(client_id: str) -> Response:
    """End a client (RFC 7592 2.3)."""
    _registrar().end(scope.db(), client_id, authorization=_authorization(), now=scope.now())
    return Response(status=HTTPStatus.NO_CONTENT)


@bp.post("/<client_id>/secret")
def new_secret(client_id: str) -> Response:
    """Give a client a new secret; the old one works for a day more."""
    told = _registrar().new_secret(
        scope.db(), client_id, authorization=_authorization(), now=scope.now()
    )
    return _answer(told, HTTPStatus.CREATED)


def _registrar() -> Registrar:
    return scope.rooms().registrar


def _authorization() -> str | None:
    return request.headers.get("Authorization")


def _answer(told: Json, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = jsonify(told)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
