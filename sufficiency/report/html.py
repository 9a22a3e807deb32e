"""Pages from the templates that ship beside this module."""

from __future__ import annotations

from typing import Any

import jinja2


def rendered(template: str, **said: Any) -> str:
    """A template, by its name without endings, as HTML; text is escaped, and nothing may lack."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sufficiency.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{template}.html.j2").render(**said)
