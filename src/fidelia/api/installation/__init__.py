"""Looking after an installation: what it is made of, whether everything agrees, making projections again."""

from .http import InstallationController

__all__ = ["InstallationController"]
