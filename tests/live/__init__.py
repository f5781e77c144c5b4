"""Real servers for tests: started as programs of their own, ended by their process group."""
