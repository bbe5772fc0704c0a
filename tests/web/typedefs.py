"""Writes the page's types of what the services say, from their OpenAPI documents: `make typedefs`."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast

import httpx

from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE, ServiceName
from taskflow_core.service.composition import Runtime, factories
from taskflow_core.service.litestar_app import documents
from taskflow_core.settings import Settings

TYPES: Final = Path(__file__).parents[2] / "apps" / "web" / "types"
SERVICES: Final = (AUDIT_LOGGER, CHAT_API, NOTIFICATION_SERVICE, REMINDER_SERVICE)

_HEAD: Final = "// Written by `make typedefs` from the OpenAPI document of {service}: not to be edited.\n"
_PLAIN: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def file_of(service: ServiceName) -> Path:
    """Where a service's types are kept."""
    return TYPES / f"{service}.d.ts"


async def document(service: ServiceName) -> dict[str, Any]:
    """A service's OpenAPI document, as the service gives it. No database is needed for that."""
    settings = Settings(
        database_url="postgresql://nowhere/db",
        auth_secret="s" * 32,
        api_token="t" * 32,
        audit_encryption_keys=("k" * 32,),
    )
    async with httpx.AsyncClient(base_url="http://chat-api") as nobody:
        database = Database(settings.database_url)
        runtime = Runtime(settings=settings, database=database, clock=SystemClock(), chat_api=nobody)
        [create] = factories([service])
        transport = httpx.ASGITransport(create(runtime).app)  # pyright: ignore[reportArgumentType]  # ASGI, twice typed
        async with httpx.AsyncClient(base_url="http://service", transport=transport) as client:
            answer = await client.get(f"{documents(service)}/openapi.json")
            return answer.raise_for_status().json()


def typedefs(service: ServiceName, document: dict[str, Any]) -> str:
    """A TypeScript interface for each schema that the document names."""
    schemas: dict[str, dict[str, Any]] = document["components"]["schemas"]
    return "\n".join([_HEAD.format(service=service), *(_named(name, schemas[name]) for name in sorted(schemas))])


def _named(name: str, schema: dict[str, Any]) -> str:
    comment = _comment(schema.get("description"), "")
    if "properties" not in schema:
        return f"{comment}export type {name} = {_type(schema)};\n"
    return f"{comment}export interface {name} {{\n{_members(schema, '  ')}}}\n"


def _members(schema: dict[str, Any], indent: str) -> str:
    # A constant tells forms apart: it is always there, though a schema with a default says that it need not be.
    required = {*schema.get("required", ()), *(name for name, of in schema["properties"].items() if "const" in of)}
    return "".join(
        f"{_comment(of.get('description'), indent)}{indent}{name}{'' if name in required else '?'}: {_type(of)};\n"
        for name, of in schema["properties"].items()
    )


def _type(schema: dict[str, Any]) -> str:
    """A schema as a TypeScript type. Raises KeyError for a kind of schema that no document has had yet."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _union(json.dumps(value) for value in schema["enum"])
    if "oneOf" in schema:
        return _union(_type(one) for one in schema["oneOf"])
    kind = schema.get("type")
    if kind is None:
        return "unknown"
    if isinstance(kind, list):
        return _union(_type({**schema, "type": one}) for one in cast("list[str]", kind))
    if kind == "array":
        return f"Array<{_type(schema.get('items', {}))}>"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties', {}))}>"
    return _PLAIN[kind]


def _union(types: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(types))


def _comment(text: str | None, indent: str) -> str:
    if not text:
        return ""
    first, *more = text.strip().splitlines()
    if not more:
        return f"{indent}/** {first} */\n"
    lines = "".join(f"{indent} * {line.strip()}".rstrip() + "\n" for line in (first, *more))
    return f"{indent}/**\n{lines}{indent} */\n"


async def written() -> dict[Path, str]:
    """What every file should hold."""
    return {file_of(service): typedefs(service, await document(service)) for service in SERVICES}


if __name__ == "__main__":
    TYPES.mkdir(exist_ok=True)
    for path, text in asyncio.run(written()).items():
        path.write_text(text, encoding="utf-8")
