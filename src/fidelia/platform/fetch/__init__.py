"""The guarded way out: everything that goes to an address somebody typed in goes through here.

The name is resolved once and the connection goes to the address that was checked, so that no second answer of a name
server can lead elsewhere. Addresses inside of networks are refused unless ``security.allow_private_addresses`` or
``security.allow_networks`` opens them. A :class:`Fetcher` gets files and calls services over HTTP; a :class:`Guard`
alone checks addresses for other protocols (databases, mail servers).
"""

from .fetcher import Answer, Fetcher, Reply
from .guard import Guard, why_not_public
from .model import FetchLimits, FetchProblem, Reason
from .rules import check_headers, origin_of, read_url

__all__ = [
    "Answer",
    "FetchLimits",
    "FetchProblem",
    "Fetcher",
    "Guard",
    "Reason",
    "Reply",
    "check_headers",
    "origin_of",
    "read_url",
    "why_not_public",
]
