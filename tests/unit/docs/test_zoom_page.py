"""docs/zoom.md against the code: what it sends is taken, what it shows is what is answered, its operations exist."""

import json
import re
from pathlib import Path

from minutebook.api.baas.document import contract
from minutebook.api.baas.schemas import CreateConnectionRequest, JoinRequest
from minutebook.zoom.model import ConnectionState

PAGE = (Path(__file__).parents[3] / "docs" / "zoom.md").read_text(encoding="utf-8")
SENT = [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'", PAGE, flags=re.DOTALL)]


def test_the_bodies_are_taken() -> None:
    connection, bot = SENT
    assert CreateConnectionRequest.model_validate(connection).model_dump() == connection
    assert JoinRequest.model_validate(bot).zoom_obf_token_user_id == bot["zoom_obf_token_user_id"]


def test_the_answer_is_as_the_document_says() -> None:
    (shown,) = (json.loads(body) for body in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
    schema = contract()["components"]["schemas"]["ZoomOAuthConnectionResponse"]
    assert shown.keys() == schema["properties"].keys()
    for name in ("created_at", "updated_at"):
        assert re.search(schema["properties"][name]["pattern"], shown[name])
    assert set(schema["properties"]["state"]["enum"]) == {state.value for state in ConnectionState}


def test_its_operations_exist() -> None:
    found = re.findall(r"`(GET|DELETE|POST) (/zoom_\S+)`", PAGE)
    assert len(found) == 3
    for method, path in found:
        assert method.lower() in contract()["paths"][path]


def test_its_members_are_those_of_a_bot() -> None:
    named = set(re.findall(r"`(zoom_(?:obf|access)\w+)`", PAGE))
    assert named == {name for name in JoinRequest.model_fields if name.startswith(("zoom_obf", "zoom_access"))}
