"""The OpenAPI 3.1 document, made from the table of endpoints and the Structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from omniroute import __version__
from omniroute.api.call import Endpoint
from omniroute.api.problems import Problem
from omniroute.api.table import PREFIX

QUERY = {"search": "q", "explanation": "operator"}
"""What may stand after the question mark, by handler."""
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    kinds = [one for e in endpoints for one in (e.answer, e.body) if one is not None]
    schemas, components = msgspec.json.schema_components([*kinds, Problem], ref_template="#/components/schemas/{name}")
    by_kind = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=False)}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = PREFIX + _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OmniRoute", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def _operation(endpoint: Endpoint, by_kind: dict[int, Any]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: dict[str, Any] = {"description": "Done."}
    if endpoint.bytes_answer:
        answer["content"] = {"application/octet-stream": {}}
    elif endpoint.answer is not None:
        answer["content"] = {"application/json": {"schema": by_kind[id(endpoint.answer)]}}
    name = endpoint.handler.__name__
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": (endpoint.handler.__doc__ or name).strip().split("\n", 1)[0],
        "parameters": [
            {
                "name": parameter,
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string"},
            }
            for parameter, kind in _PARAMETER.findall(endpoint.path)
        ],
        "responses": {str(endpoint.status): answer, "default": {"description": "Refused.", "content": problem}},
    }
    if name in QUERY:
        operation["parameters"].append({"name": QUERY[name], "in": "query", "schema": {"type": "string"}})
    if endpoint.body is not None:
        body = by_kind[id(endpoint.body)]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if endpoint.public:
        operation["security"] = []
    return operation
