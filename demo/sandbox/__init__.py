"""`taipei-id sandbox`: a provider alone, for developers, with people in every state."""
