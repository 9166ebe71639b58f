"""The worker's way to Temporal: its own environment configuration, and what gonogo needs the server to know."""

from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from gonogo.client.home import embedded_address
from gonogo.workflows import search
from gonogo.workflows.converter import data_converter

from .settings import Settings

_NOWHERE = "localhost:7233"  # Temporal's own default


class ConnectionMisconfigured(Exception):
    """Temporal's environment configuration cannot be used."""

    code = "config.invalid"


class SearchAttributeClash(Exception):
    """A search attribute of gonogo's is there with another type, or is not there and cannot be made."""

    code = "server.search_attribute"


def connection(settings: Settings) -> dict[str, Any]:
    """What `Client.connect` takes. Without an address in the environment: the embedded server of the data folder.

    Raises:
        ConnectionMisconfigured: The environment configuration cannot be read.
    """
    try:
        config: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
    except (RuntimeError, ValueError) as error:
        text = f"Temporal's environment configuration cannot be used: {error}"
        raise ConnectionMisconfigured(text) from error
    config.setdefault("target_host", embedded_address(settings.home) or _NOWHERE)
    return config | {"data_converter": data_converter}


def is_away(error: Exception) -> bool:
    """True for an error that passes by itself: the server is away, or not ready yet.

    The SDK says so with a plain RuntimeError when it connects; what is wrong with our own side is a ValueError.
    """
    if isinstance(error, RPCError):
        return error.status not in {
            RPCStatusCode.UNAUTHENTICATED,
            RPCStatusCode.PERMISSION_DENIED,
            RPCStatusCode.INVALID_ARGUMENT,
        }
    return isinstance(error, RuntimeError)


async def missing_search_attributes(client: Client) -> dict[str, int]:
    """Name -> type of gonogo's search attributes that the namespace lacks.

    Raises:
        SearchAttributeClash: The namespace has one of them with another type.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    there = (await client.operator_service.list_search_attributes(request)).custom_attributes
    missing = {}
    for key in search.ALL:
        wanted = int(key.indexed_value_type)
        if key.name not in there:
            missing[key.name] = wanted
        elif there[key.name] != wanted:
            kind = IndexedValueType.Name(there[key.name]).removeprefix("INDEXED_VALUE_TYPE_")
            raise SearchAttributeClash(
                f"search attribute {key.name!r} is of type {kind} in namespace {client.namespace!r}, "
                f"and gonogo needs {key.indexed_value_type.name}: use another namespace"
            )
    return missing


_REASONS = (
    ("ConnectionRefused", "nothing listens there"),
    ("dns error", "no machine has that name"),
    ("code: Unauthenticated", "it does not know who asks: set TEMPORAL_API_KEY, or a client certificate"),
    ("code: PermissionDenied", "it refuses who asks: set another TEMPORAL_API_KEY, or client certificate"),
    ("after connection", "what listens there is no Temporal server, or wants TLS, which TEMPORAL_TLS switches on"),
    ("InvalidContentType", "what listens there does not speak TLS, which TEMPORAL_TLS switches off"),
    ("ertificate", "its certificate is not trusted: set TEMPORAL_TLS_SERVER_CA_CERT_PATH"),
    ("invalid target URL", "it is no address: write HOST:PORT"),
)
"""Part of what the SDK says when it cannot connect, in the words of its transport -> what that means."""


def away_text(error: Exception) -> str:
    """Why a connection failed, for somebody who has to do something about it."""
    if isinstance(error, TimeoutError):
        return "something listens there, and does not answer"
    said = str(error)
    return next((meaning for part, meaning in _REASONS if part in said), "the connection fails")


async def register_search_attributes(client: Client) -> tuple[str, ...]:
    """Adds the search attributes that the namespace lacks: a workflow that sets one that is not there hangs.

    Returns:
        The names that were added.

    Raises:
        SearchAttributeClash: One is there with another type, or may not be added by us.
    """
    missing = await missing_search_attributes(client)
    if not missing:
        return ()
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name, kind in missing.items():
        request.search_attributes[name] = kind  # type: ignore[assignment]  # the enum is an int at run time
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # another worker was quicker
            if is_away(error):
                raise
            names = ", ".join(missing)
            raise SearchAttributeClash(
                f"namespace {client.namespace!r} lacks the search attributes {names}, and this worker may not add them "
                f"({error.message}): have its administrator do it"
            ) from error
    return tuple(missing)
