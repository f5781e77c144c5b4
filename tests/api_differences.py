"""Say which differences between two OpenAPI documents break programs that rely on the first.

What is sent may be asked for less strictly and what is told may be more, never the other way round.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

Document: TypeAlias = Mapping[str, Any]  # JSON
METHODS = frozenset({"get", "put", "post", "delete", "patch"})


class Field(NamedTuple):
    """What a document says of one thing that is sent or told."""

    types: frozenset[str]
    values: frozenset[str] | None  # None: any
    is_required: bool
    limits: Mapping[str, Any]  # patterns and lengths


def breaking(before: Document, after: Document) -> list[str]:
    """Return what breaks, a sentence each; nothing if the second does all the first did."""
    return sorted({*_operations(before, after), *_events(before, after)})


def _operations(before: Document, after: Document) -> Iterator[str]:
    for path, methods in before["paths"].items():
        for method in METHODS & methods.keys():
            name, now = f"{method} {path}", after["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{name}: removed"
                continue
            yield from _scopes(name, methods[method], now)
            asked = _parameters(before, methods[method]), _parameters(after, now)
            yield from _sent(f"{name} ?", *asked)
            yield from _sent(f"{name} >", _body(before, methods[method]), _body(after, now))
            yield from _answers(name, before, methods[method], after, now)


def _events(before: Document, after: Document) -> Iterator[str]:
    """Compare what is pushed: we send it, so it is told."""
    for event, methods in before.get("webhooks", {}).items():
        now = after.get("webhooks", {}).get(event)
        if now is None:
            yield f"event {event}: removed"
            continue
        told = _body(before, methods["post"]), _body(after, now["post"])
        yield from _told(f"event {event} <", *told)


def _scopes(name: str, was: Document, now: Document) -> Iterator[str]:
    if was["security"] != now["security"]:
        yield f"{name}: another right is needed"


def _sent(name: str, was: Mapping[str, Field], now: Mapping[str, Field]) -> Iterator[str]:
    for field in was.keys() - now.keys():
        yield f"{name} {field}: not taken any more"
    for field, said in now.items():
        if said.is_required and not (field in was and was[field].is_required):
            yield f"{name} {field}: required now"
    for field in was.keys() & now.keys():
        if was[field].types - now[field].types:
            yield f"{name} {field}: another type"
        if now[field].limits != was[field].limits:
            yield f"{name} {field}: other limits"
        yield from _narrowed(f"{name} {field}", was[field], now[field])


def _answers(
    name: str, before: Document, was: Document, after: Document, now: Document
) -> Iterator[str]:
    for status, answer in was["responses"].items():
        if not status.startswith("2"):
            continue
        if status not in now["responses"]:
            yield f"{name} < {status}: removed"
            continue
        told = _content(before, answer), _content(after, now["responses"][status])
        yield from _told(f"{name} < {status}", *told)


def _told(name: str, was: Mapping[str, Field], now: Mapping[str, Field]) -> Iterator[str]:
    for field, said in was.items():
        if field not in now:
            yield f"{name} {field}: not told any more"
            continue
        if said.is_required and not now[field].is_required:
            yield f"{name} {field}: not always told any more"
        if now[field].types - said.types:
            yield f"{name} {field}: another type"
        yield from _narrowed(f"{name} {field}", said, now[field])


def _narrowed(name: str, was: Field, now: Field) -> Iterator[str]:
    if now.values is not None and (was.values is None or was.values - now.values):
        yield f"{name}: fewer values"


def _parameters(document: Document, operation: Document) -> dict[str, Field]:
    return {
        f"{each['in']}.{each['name']}": _field(
            document, each["schema"], is_required=each.get("required", False)
        )
        for each in operation["parameters"]
    }


def _body(document: Document, operation: Document) -> dict[str, Field]:
    return _content(document, operation.get("requestBody", {}))


def _content(document: Document, holder: Document) -> dict[str, Field]:
    return {
        f"{kind}{path}": field
        for kind, content in holder.get("content", {}).items()
        for path, field in _fields(document, content["schema"], is_required=True)
    }


def _fields(
    document: Document, schema: Document, path: str = "", *, is_required: bool
) -> Iterator[tuple[str, Field]]:
    yield path, _field(document, schema, is_required=is_required)
    for each in _choices(document, schema):
        needed = each.get("required", ())
        for name, inner in each.get("properties", {}).items():
            yield from _fields(document, inner, f"{path}/{name}", is_required=name in needed)
        for key, inner in _inside(each):
            yield from _fields(document, inner, f"{path}/{key}", is_required=True)


def _inside(schema: Document) -> Iterator[tuple[str, Document]]:
    """Give what stands in a schema without a name of its own; a signed token has parts."""
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield "*", schema[key]
    parts = schema.get("contentSchema", {}).get("prefixItems", ())
    yield from zip(("header", "claims"), parts, strict=False)


def _field(document: Document, schema: Document, *, is_required: bool) -> Field:
    choices = _choices(document, schema)
    values = [frozenset(map(str, each["enum"])) for each in choices if "enum" in each]
    limits = {
        name: each[name]
        for each in choices
        for name in ("pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems")
        if name in each
    }
    types = frozenset(str(each.get("type", "any")) for each in choices)
    return Field(types, frozenset().union(*values) if values else None, is_required, limits)


def _choices(document: Document, schema: Document) -> list[Document]:
    """Return the plain schemas one of which fits: references followed, alternatives apart."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _choices(document, document["components"]["schemas"][name])
    for several in ("anyOf", "allOf"):  # of a part of all, too, each has what is told
        if several in schema:
            return [found for each in schema[several] for found in _choices(document, each)]
    if "const" in schema:
        return [{**schema, "enum": [schema["const"]]}]
    return [schema]
