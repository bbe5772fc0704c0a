"""The chat: keeps what both sides say, and answers by phrases.py."""

import json

from fastapi import APIRouter, HTTPException

from e2e.release.bodies import Reply, Said
from e2e.release.dependencies import Caller, Opened
from e2e.release.phrases import answer
from e2e.release.tables import Conversation, Message, now

router = APIRouter()


@router.post("/api/{user_id}/chat")
def talk(user_id: str, body: Said, caller: Caller, opened: Opened) -> Reply:
    """Answers, in a conversation of the caller's or a new one."""
    if user_id != caller:
        raise HTTPException(403, "Not authorized to access this user's chat")
    if body.conversation_id:
        conversation = opened.get(Conversation, body.conversation_id)
        if conversation is None or conversation.user_id != caller:
            raise HTTPException(404, "Conversation not found")
    else:
        conversation = Conversation(user_id=caller)
        opened.add(conversation)
        opened.flush()
    response, tools = answer(opened, caller, body.message)
    conversation.updated_at = now()
    said = Message(user_id=caller, conversation_id=conversation.id, role="user", content=body.message)
    opened.add(said)
    answered = Message(
        user_id=caller,
        conversation_id=conversation.id,
        role="assistant",
        content=response,
        tool_calls=json.dumps(tools) if tools else None,
    )
    opened.add(answered)
    opened.commit()
    return Reply(conversation_id=conversation.id, response=response, tool_calls=tools, status="success")
