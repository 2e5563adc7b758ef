"""What a session is set to: defaults, and the checks of `session.update` and `response.create`."""
