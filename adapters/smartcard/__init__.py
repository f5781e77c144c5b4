"""Cards without certificates: storage cards, known by number, and cards that share a key with us.

`apdu` and `status_words` read what a card says, `desfire` knows one of its protocols, `profiles`
are the kinds of card as data, `keys` guards the master keys. `conversation` leads a card through
its questions, frame by frame, with the reader's program as a mere messenger (`reading`); `talks`
keeps where a conversation stands, `numbers` knows cards without keeping their numbers, `adapter`
says whom a card belongs to, `enrolment` binds a new one (docs/decisions/0044, docs/cards.md).
"""
