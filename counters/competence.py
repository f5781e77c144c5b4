"""Know which delegated matter lets a clerk handle a case (4-I)."""

from collections.abc import Mapping
from types import MappingProxyType

from counters.case_models import CaseMatter
from counters.models import Matter

FUNCTIONS: Mapping[CaseMatter, Matter] = MappingProxyType(
    {
        CaseMatter.JOIN: Matter.ACCEPT,
        CaseMatter.BIND: Matter.CARDS,
        CaseMatter.UNBIND: Matter.CARDS,
        CaseMatter.LOSS: Matter.CARDS,
        CaseMatter.ACTIVATION: Matter.CHANGES,
        CaseMatter.CHANGE: Matter.CHANGES,
        CaseMatter.RECOVERY: Matter.CHANGES,
        CaseMatter.PROXY_END: Matter.CHANGES,
    }
)
COLLECTING = Matter.ACCEPT  # 代收, whatever it is (4-I(1))
