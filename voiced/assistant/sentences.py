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
}
"""One sentence for each notice; they are synthesised ahead, so that they can be said without a network."""
