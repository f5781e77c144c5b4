"""The people: who is a member, in which standing, and the data the city holds about them."""
