"""Say to machines whether this process lives, and whether it can serve: a balancer asks both."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from flask import Blueprint, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

import migrations
from web import scope

bp = Blueprint("health", __name__, url_prefix="/health")
REVISION = text("SELECT version_num FROM alembic_version")


@bp.get("/live")
def live() -> Response:
    """Answer, whatever the database does: who restarts us for that makes it worse."""
    return _told({"process": "ok"}, HTTPStatus.OK)


@bp.get("/ready")
def ready() -> Response:
    """Answer 200 if requests may come here, else 503; a line for each thing that is needed."""
    found = {"database": _tables(), "keys": _of(_has_keys)}
    good = all(each == "ok" for each in found.values())
    return _told(found, HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE)


def _tables() -> str:
    try:
        stands = scope.db().scalar(REVISION)
    except SQLAlchemyError:
        scope.abandon()
        return "away"
    return "ok" if _serves_on(stands) else "other version"


def _of(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception:  # noqa: BLE001  # whatever it is, this process cannot serve
        scope.abandon()
        return "missing"
    return "ok"


def _has_keys() -> object:
    return scope.rooms().provider.keys.signer(scope.db(), now=scope.now())


@cache
def _serves_on(stands: str) -> bool:
    return stands == migrations.head() or migrations.is_newer(stands)


def _told(found: dict[str, str], status: HTTPStatus) -> Response:
    response = jsonify(found)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
