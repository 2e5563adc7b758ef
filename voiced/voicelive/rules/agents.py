"""An agent is reached and told things in ways of its own (voice-live §1.1, §4; Microsoft's agents quickstart)."""

from collections.abc import Iterator

from voiced.voicelive.rules.asked import SERVICE, Asked, Finding, Rule, given


def agent_or_model(asked: Asked) -> Iterator[Finding]:
    """Both would name who answers."""
    for other in ("model", "profile"):
        if asked.service.agent is not None and given(asked.service, other):
            yield Finding((SERVICE, other), f"an agent has a model of its own; remove `{other}` or `agent`")


def agent_needs_entra(asked: Asked) -> Iterator[Finding]:
    """The service documents that agents take no key; a server on this machine may."""
    service = asked.service
    if service.agent is None or service.loopback or service.credential is None:
        return
    if service.credential.api_key is not None:
        yield Finding(
            (SERVICE, "credential", "api_key"),
            "the service lets nobody talk to an agent with a key; use `credential: {entra: default}`",
        )


def agent_is_not_on_this_device(asked: Asked) -> Iterator[Finding]:
    """The cascade knows no agents."""
    if asked.service.agent is not None and asked.service.embedded:
        yield Finding(
            (SERVICE, "agent"), "the cascade on this device has no agents; set `endpoint` to the Foundry resource"
        )


def agent_has_its_instructions(asked: Asked) -> Iterator[Finding]:
    """What a persona says would not reach it."""
    if asked.service.agent is None:
        return
    for name, persona in asked.personas.items():
        if given(persona, "instructions"):
            yield Finding(
                ("personas", name, "instructions"),
                "an agent's instructions are kept in Foundry, and these would be ignored; remove them",
            )


def profile_needs_model(asked: Asked) -> Iterator[Finding]:
    """A deployment of your own has a name of your own."""
    if asked.service.profile is not None and not given(asked.service, "model"):
        yield Finding((SERVICE, "profile"), "a deployment of your own needs its name as `model`")


def agent_and_tools(asked: Asked) -> Iterator[Finding]:
    """Nothing documents whether an agent is offered a session's functions."""
    if asked.service.agent is None:
        return
    for name, persona in asked.personas.items():
        if persona.tools:
            yield Finding(
                ("personas", name, "tools"),
                "Microsoft does not document that agents use a speaker's tools; "
                "if sessions are refused, set `tools: []` and give the agent its tools in Foundry",
            )


PROBLEMS: tuple[Rule, ...] = (
    agent_or_model, agent_needs_entra, agent_is_not_on_this_device, agent_has_its_instructions, profile_needs_model,
)  # fmt: skip
ADVICE: tuple[Rule, ...] = (agent_and_tools,)
