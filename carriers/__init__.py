"""What is shown to be identified: cards, keys and devices, each tied to one member."""
