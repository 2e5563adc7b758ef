"""The machine around the speaker: systemd, the journal, the control socket, child processes."""
