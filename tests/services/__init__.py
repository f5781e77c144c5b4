"""Services, the notes that say who has them, and merchants' offers."""
