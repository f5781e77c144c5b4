"""Proving who you are: the contract, and one package for each way of proving it."""
