"""Give each request a number: on its log lines, on its error page, in the answer to a program.

A proxy of ours may say which trace a request belongs to (W3C Trace Context 3.2), so that its access
line and our lines are found together. Anybody else could write into our log what they like.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from kernel import logs
from kernel.ids import new_reference

NUMBER = "taipei_id.number"  # in the WSGI environment
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Number:
    """The number of one request, made when somebody asks: most requests log nothing."""

    def __init__(self, traceparent: str) -> None:
        """Believe `traceparent` if it is one."""
        self._traceparent = traceparent

    @cached_property
    def reference(self) -> str:
        """Return what a person can read out on the phone."""
        return new_reference()

    def __call__(self) -> dict[str, str]:
        """Return what each line of this request tells."""
        found = TRACEPARENT.fullmatch(self._traceparent)
        return {"reference": self.reference, **({} if found is None else {"trace": found[1]})}


class Referred:
    """A WSGI application that numbers the requests of another one."""

    def __init__(self, application: Any, *, traced: bool) -> None:  # WSGI is untyped
        """Stand in front of `application`; `traced` if a proxy of ours wrote `traceparent`."""
        self._application = application
        self._traced = traced

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        number = Number(environ.get("HTTP_TRACEPARENT", "") if self._traced else "")
        environ[NUMBER] = number
        before = logs.ABOUT.set(number)
        try:
            answer: Iterable[bytes] = self._application(environ, start_response)
            return answer
        finally:
            logs.ABOUT.reset(before)
