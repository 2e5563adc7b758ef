"""What the speaker says when no service can speak for it."""

from voiced.assistant.commands import Notice

SENTENCES: dict[Notice, str] = {
    Notice.UNREACHABLE: "Sorry, I can't reach the voice service. Please check the network.",
    Notice.REFUSED: "Sorry, the voice service refuses my key. Please check the configuration.",
    Notice.NOT_FOUND: "Sorry, the voice service does not know my address or model. Please check the configuration.",
    Notice.BUSY: "Sorry, the voice service is busy. Please try again in a minute.",
    Notice.EXPIRED: "Our conversation was too long for the voice service. Please say the wake word again.",
    Notice.LOST: "Sorry, I lost the connection to the voice service.",
    Notice.REJECTED: "Sorry, the voice service does not accept my settings. Please check the configuration.",
    Notice.TIMED_OUT: "Sorry, the voice service does not answer.",
    Notice.NO_REPLY: "Sorry, I got no reply.",
    Notice.WRONG_CLOCK: "Sorry, my clock is wrong, so I can't trust the voice service. Please check the time.",
    Notice.SIGN_IN: "Sorry, I am not signed in to the voice service yet.",
    Notice.SPENT: "Sorry, the budget for the voice service is used up.",
    Notice.RUNNING_LOW: "By the way, the budget for the voice service is running low.",
    Notice.OFFLINE: "I'm offline. I can still follow simple commands.",
    Notice.STANDING_IN: "Until then, I can still follow simple commands.",
}
"""One sentence for each notice; they are synthesised ahead, so that they can be said without a network."""


def sign_in_sentence(address: str, code: str) -> str:
    """Where to sign in, and the code, spelled slowly; said once more, because nobody had a pencil."""
    spoken = address.removeprefix("https://").removeprefix("www.").rstrip("/")
    spoken = spoken.replace(".", " dot ").replace("/", " slash ")
    spelled = ", ".join(code)
    return f"Please sign in. Open {spoken}, and enter the code {spelled}. Again: {spelled}."
