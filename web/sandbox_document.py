"""Say what a client's own tests may do at `/api/sandbox`, where there is a sandbox."""

from kernel.wording import Bilingual
from web.api_interfaces import Interface, Operation, Proof, in_path
from web.sandbox_faults import CHECKS, LOG, TO_ARM
from web.sandbox_shapes import ChecksTold, FoundTold, OutcomeSent

ADDRESS = "/api/sandbox"
LONGEST_LOG = 60_000  # bytes
BY_SIGNING_IN = tuple(each.code for each in CHECKS if each.code != LOG.code)
WRONG_KEY, UNKNOWN = "program.token_invalid", "sandbox.no_such_fault"
_FAULT = in_path("code", "The fault.", values=(each.code for each in TO_ARM))
_CHECK = in_path("code", "The check.", values=BY_SIGNING_IN)
INTERFACE = Interface(
    address=ADDRESS,
    title="interface of the sandbox",
    version="1.0",
    description=(
        "For a client's own tests: let its next sign-in meet a fault or be a check, say what it "
        "did, and ask how it stands. With the management key of the client; in a sandbox only."
    ),
    scopes={},
    proof=Proof.KEY,
    operations=(
        Operation(
            method="put",
            path="/fault/{code}",
            scope="",
            name=Bilingual("讓下一次登入遇到錯誤", "Let the next sign-in meet a fault"),
            status=204,
            codes=(WRONG_KEY, UNKNOWN),
            parameters=(_FAULT,),
        ),
        Operation(
            method="put",
            path="/checks/{code}",
            scope="",
            name=Bilingual("讓下一次登入是一項檢查", "Let the next sign-in be a check"),
            status=204,
            codes=(WRONG_KEY, UNKNOWN),
            parameters=(_CHECK,),
        ),
        Operation(
            method="get",
            path="/checks",
            scope="",
            name=Bilingual("每一項檢查的結果", "How every check stands"),
            told=ChecksTold,
            codes=(WRONG_KEY,),
            told_example=[
                {
                    "check": "wrong_nonce",
                    "verdict": "passed",
                    "expected": "Uses none of the tokens",
                    "source": "OpenID Connect Core 3.1.3.7",
                }
            ],
        ),
        Operation(
            method="post",
            path="/checks/{code}/outcome",
            scope="",
            name=Bilingual("說您的網站做了什麼", "Say what the client did"),
            sent=OutcomeSent,
            status=204,
            codes=(WRONG_KEY, UNKNOWN),
            parameters=(_CHECK,),
            sent_example={"told": "refused"},
        ),
        Operation(
            method="post",
            path="/log",
            scope="",
            name=Bilingual("找紀錄裡不該有的", "Look for what a log should not hold"),
            sent_bytes=LONGEST_LOG,
            told=FoundTold,
            codes=(WRONG_KEY,),
            sent_example="2026-11-23T04:00:00Z signed in: mei.chen@mail.invalid",
            told_example={"found": ["email"]},
        ),
    ),
)
