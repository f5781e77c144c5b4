"""The card program: it runs on a citizen's own computer and lets a card sign for a web page.

It listens on 127.0.0.1 and nowhere else. `gates` says who may speak to it, `pairing` remembers to
whom it spoke since it started, `signing` asks the PIN in a window of its own and has the card sign
the page's origin and nonce, `relaying` passes a few harmless commands on. `readers` is the seam to
cards: `pcsc` fulfils it with real readers, the demo with cards made of software. The service never
imports this package and needs no card reader (docs/agent.md, docs/decisions/0042).
"""
