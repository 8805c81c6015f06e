"""Settings: what a form needs to know, and which one is to blame."""

import socket
from typing import Any

import pytest

from server.control.api import Api
from server.control.test_routes import with_api

pytestmark = pytest.mark.network

LONG = "x" * 101
BAD = {
    "readOnlyApi": ("perhaps", "true or false"),
    "socketPort": (0, "from 1 to 65535"),
    "masterClientId": (2**31, "from 0 to 2147483647"),
    "bulkDataTimeout": (3601, "from 1 to 3600"),
    "loggingLevel": ("loud", "system, error, warning"),
    "defaultAlgorithm": (LONG, "at most 40"),
    "trustedIPs": (["10.0.0.256"], "10.0.0.256"),
    "autoLogoffTime": ("25:00", "11:45"),
}


def fits(row: dict[str, Any], value: Any) -> bool:
    """Whether a value is what its row says that it may be."""
    if value is None:
        return bool(row["blank"])
    kind = {"switch": bool, "number": int, "list": list}.get(row["type"], str)
    if type(value) is not kind:
        return False
    if row["type"] == "number":
        return bool(row["lowest"] <= value <= row["highest"])
    if row["type"] == "choice":
        return value in row["choices"]
    return row["type"] == "switch" or len(value) <= row["longest"]


def test_every_setting_says_what_it_may_be() -> None:
    async def main(api: Api) -> None:
        rows = {row["name"]: row for row in await api.get("/settings")}
        for name, row in rows.items():
            value = row["value"]
            assert fits(row, value), name
        kinds = {name: rows[name]["type"] for name in BAD}
        assert list(kinds.values()) == [
            "switch", "number", "number", "number", "choice", "text", "list", "text",
        ]  # fmt: skip
        assert rows["readOnlyApi"]["place"] == "API - Settings"
        assert rows["bypassBondWarning"]["place"] == "API - Precautions"
        assert rows["autoLogoffTime"]["place"] == "Lock and Exit"
        assert rows["masterClientId"]["blank"] and not rows["socketPort"]["blank"]

    with_api(main)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_blamed_by_name_and_bound(name: str) -> None:
    async def main(api: Api) -> None:
        value, bound = BAD[name]
        answer = await api.ask("PATCH", "/settings", 409, {name: value, "noSuch": 1})
        assert list(answer["errors"]) == [name, "noSuch"]
        assert name in answer["errors"][name] and bound in answer["errors"][name]
        assert all(error in answer["detail"] for error in answer["errors"].values())

    with_api(main)


def test_a_port_in_use_is_to_blame_as_well() -> None:
    async def main(api: Api) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            answer = await api.ask("PATCH", "/settings", 409, {"socketPort": port})
        assert list(answer["errors"]) == ["socketPort"] and str(port) in answer["detail"]

    with_api(main)
