"""What answers what: Rasa's actions, and the tokens of buttons, each with its handler.

One closed table. A choice by number and a repetition are followed here, because they may lead to
any of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from actions import conversation, dossiers, feedback, fees, people, procedures
from actions.choosing import choice_in
from actions.turn import Handler, Reply, Rooms, Turn
from actions.understanding import Parse, understand
from language.blocks import from_dict

UNDERSTOOD = 0.35
"""Intents less likely than this are guesses; unless a procedure or a dossier was found, it is said
that the message was not understood."""

VERBS: Mapping[str, Handler] = {
    "ask": procedures.answer,
    "calculate": fees.calculate,
    "status": dossiers.look_up,
    "subscribe": dossiers.subscribe,
    "unsubscribe": dossiers.unsubscribe,
    "menu": conversation.help_,
    "office": people.office_info,
    "human": people.ask_human,
    "complain": feedback.complain,
    "rate": feedback.rate,
    "start_over": dossiers.start_over,
}
"""Verb of a token that we put on a button → what it does."""


def chosen_in_words(turn: Turn, rooms: Rooms) -> Reply | None:
    """Follow the choice that a message points at, if it says nothing else."""
    payload = choice_in(turn)
    return follow(turn, rooms, payload) if payload is not None else None


EARLY: tuple[Callable[[Turn, Rooms], Reply | None], ...] = (
    dossiers.whole_number_given,
    procedures.code_named,
    fees.go_on,
    chosen_in_words,
    procedures.place_named,
)
"""What a written message means because of what was asked last, whatever it seems by itself."""


def follow(turn: Turn, rooms: Rooms, payload: str) -> Reply:
    """Answer as if the button with `payload` had been pressed."""
    return VERBS[payload.partition(":")[0]](turn.pressed(payload), rooms)


def choose(turn: Turn, rooms: Rooms) -> Reply:
    """Follow the choice that a number names, among those offered last."""
    number = int(turn.arguments[0])
    if number <= len(turn.state.choices):
        return follow(turn, rooms, turn.state.choices[number - 1])
    if (reply := fees.go_on(turn, rooms)) is not None:
        return reply  # "2" was typed where an amount was asked for
    return conversation.no_choice(turn, rooms)


def affirm(turn: Turn, rooms: Rooms) -> Reply:
    """Follow a "yes" where one thing was offered."""
    if len(turn.state.choices) == 1:
        return follow(turn, rooms, turn.state.choices[0])
    return conversation.affirm(turn, rooms)


def repeat(turn: Turn, rooms: Rooms) -> Reply:
    """Say the last answer again. One about a dossier is looked up anew, with all its checks."""
    if turn.state.again:
        return follow(turn, rooms, turn.state.again)
    if turn.state.said:
        return Reply(tuple(from_dict(block) for block in turn.state.said), keep=True)
    return conversation.nothing_to_repeat(turn, rooms)


def handle(action: str, turn: Turn, rooms: Rooms) -> Reply:
    """Answer a turn for which Rasa has chosen `action`.

    A button means what it says. What is written is first taken as the answer to what was asked
    last; then it is understood within its conversation, and that decides, not the message alone.
    """
    if turn.payload:
        return ACTIONS[action](turn, rooms)
    for early in EARLY:
        if (reply := early(turn, rooms)) is not None:
            return reply
    meant, context = understand(Parse.read(turn.parse), turn.context)
    sure = meant.confidence >= UNDERSTOOD or meant.procedure or meant.code
    handler = ACTIONS.get(f"action_{meant.intent}") if sure else None
    # Handlers add to what is remembered from now on: "hai việc: …" was said in this very message.
    now = replace(turn, meant=meant, state=replace(turn.state, context=context.plain()))
    reply = (handler or procedures.fallback)(now, rooms)
    return reply if reply.context else replace(reply, context=context)


ACTIONS: Mapping[str, Handler] = {
    "action_ask_procedure": procedures.answer,
    "action_calculate_fee": procedures.calculate,
    "action_check_status": dossiers.look_up,
    "action_proof_given": dossiers.proof_given,
    "action_subscribe_sms": dossiers.subscribe,
    "action_unsubscribe_sms": dossiers.unsubscribe,
    "action_office_info": people.office_info,
    "action_ask_human": people.ask_human,
    "action_complain": feedback.complain,
    "action_rate": feedback.rate,
    "action_greet": conversation.greet,
    "action_goodbye": conversation.goodbye,
    "action_thank": conversation.thank,
    "action_affirm": affirm,
    "action_deny": conversation.deny,
    "action_help": conversation.help_,
    "action_bot_challenge": conversation.bot_challenge,
    "action_out_of_scope": procedures.out_of_scope,
    "action_choose": choose,
    "action_repeat": repeat,
    "action_start_over": dossiers.start_over,
    "action_fallback": procedures.fallback,
}
"""Rasa's actions (bot/domain/actions.yml) → what they do."""
