"""A police system on Kafka: `python police_client.py liyang-traffic 127.0.0.1:9092`.

It confirms receipt of every joint action that road proposes and accepts it for one patrol, as a person at a desk would.
A real one asks that person; what it sends stays the same. Responses may be sent twice: the same key acts once. What was
not taken comes back on the topic as a refusal, with what is possible instead.
"""

import asyncio
import json
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

TOPIC, ANSWERS, AGENCY = "dispatch.joint-action.v1", "dispatch.responses.police.v1", "police"

#: What follows from the state of our side; every other state waits for people.
NEXT = {"proposed": "receive", "delivered": "accept"}


def answer(told: dict[str, Any], unit: str) -> dict[str, Any] | None:
    """The response to a joint action as it stands, None where it is not our turn."""
    (ours,) = (side for side in told["sides"] if side["agency"] == AGENCY)
    action = NEXT.get(ours["state"])
    if told["status"] != "open" or action not in ours["actions"]:
        return None
    response = {
        "schema": "dispatch.response.v1",
        "action": action,
        "joint": told["id"],
        "actor": "police desk",
        "idempotency_key": f"{told['id']}/{action}",
    }
    return {**response, "unit": unit} if action == "accept" else response


def shown(told: dict[str, Any]) -> str:
    """A line for a person."""
    if told["schema"] == "dispatch.refusal.v1":
        return f"refused  {told['intercept']} {told['code']}: {told['detail']}"
    sides = ", ".join(f"{side['agency']} {side['state']}" for side in told["sides"])
    excess = f"{told['excess_kg'] / 1000:.1f} t over {told['limit_high_kg'] / 1000:.0f} t"
    return f"{told['status']:8} {told['plate'] or '(no plate)'} {told['trigger']}, {excess}; {told['site']}; {sides}"


async def serve(unit: str, servers: str) -> None:
    """Answer and show every joint action, from the beginning of the topic on."""
    newest: dict[str, int] = {}
    topic = AIOKafkaConsumer(TOPIC, bootstrap_servers=servers, auto_offset_reset="earliest")
    async with topic, AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True) as answers:
        async for message in topic:
            told = json.loads(message.value)
            if told["version"] <= newest.get(told["id"], 0):
                continue  # came twice, or late
            newest[told["id"]] = told["version"]
            print(shown(told), flush=True)
            response = answer(told, unit) if told["schema"] == "dispatch.joint-action.v1" else None
            if response is not None:
                await answers.send_and_wait(ANSWERS, json.dumps(response).encode(), key=message.key)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
