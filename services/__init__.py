"""What the city offers: its services, the notes that say who has them, and merchants' offers."""
