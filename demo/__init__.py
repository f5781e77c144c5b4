"""A synthetic city to try the service in: its people, a library, a café, and one command.

`personas.json` and `clients.json` are what outside tools read. `run` starts everything, `seed`
fills the database, `startpage` is `/demo` at the provider. `library` and `merchant` are relying
parties: programs of their own that know the provider only by its public address.
"""
