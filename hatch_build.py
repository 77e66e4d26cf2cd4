"""Puts the built web application into the wheel, building it when Node is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """The wheel carries ``fidelia/web_dist``; without Node it becomes a wheel with the API only, and says so.

    ``FIDELIA_WEB`` in the environment: ``require`` fails without a web application (releases), ``skip`` leaves it out,
    anything else builds it when that is possible.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the web application unless it is there, and include it. Raises when it is required and missing."""
        wish = os.environ.get("FIDELIA_WEB", "")
        if version == "editable" or wish == "skip":
            return
        root = Path(self.root)
        built = root / "src" / "fidelia" / "web_dist"
        page = built / "index.html"
        if not page.exists() and (root / "web" / "package.json").exists() and shutil.which("npm"):
            for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
                subprocess.run(command, cwd=root / "web", check=True)  # noqa: S603 (fixed commands of the project)
        if page.exists():
            build_data["force_include"][str(built)] = "fidelia/web_dist"
        elif wish == "require":
            raise RuntimeError("There is no web application: install Node 20 or newer, or run `npm run build` in web/")
        else:
            self.app.display_warning("No Node and no built web application: this wheel holds the API only")
