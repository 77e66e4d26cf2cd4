"""Moving in: segment definitions in the shape of the reference platform's API become ours, each with a report."""

from .model import Became, ImportMaps, ImportReport, Lost, Moved, Proposal
from .service import import_definitions

__all__ = ["Became", "ImportMaps", "ImportReport", "Lost", "Moved", "Proposal", "import_definitions"]
