"""What is shown to be identified: cards, keys and devices, each tied to one member.

A binding goes: bound ⇄ suspended (lost, copied) → released (regulation 7(3)-7(7), state machine
4.3). What was reported lost never opens anything again; what proves it stands in its adapter.
"""
