"""A hook of the build: the README as an index page can show it.

The links and pictures of a README that are relative have a target in a checkout alone.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = r"\((?!https?:)[^)\s]+\)"


class CustomMetadataHook(MetadataHookInterface):
    """Give the README to the package's metadata."""

    def update(self, metadata):
        """Set the field that `dynamic` in pyproject.toml leaves to this hook."""
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": without_relative_links(readme),
        }


def without_relative_links(readme):
    """Return a Markdown text without relative pictures, and with the words of relative links."""
    readme = re.sub(rf"^!\[[^\]]*\]{RELATIVE}\n+", "", readme, flags=re.MULTILINE)
    return re.sub(rf"\[([^\]]*)\]{RELATIVE}", r"\1", readme)
