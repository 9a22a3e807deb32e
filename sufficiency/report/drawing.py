"""How a chart becomes part of a page: a specification, a picture, and the scripts that draw it.

Each chart is a Vega-Lite specification, kept twice: as it is, for the page to make interactive,
and as a picture (SVG) for print, for readers without scripts and for a first view. Colours are
Okabe and Ito's, which people with colour-blind vision can tell apart.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert

BLUE, SKY, VERMILLION = "#0072B2", "#56B4E9", "#D55E00"
GREEN, ORANGE, PURPLE = "#009E73", "#E69F00", "#9b4f79"
INK, SOFT_INK, RULE = "#1f2933", "#52606d", "#d9dee4"
FONT = "system-ui, -apple-system, 'Segoe UI', Arial, sans-serif"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
CONFIG: Mapping[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT_INK,
        "titleColor": SOFT_INK,
        "titleFontWeight": "normal",
        "gridColor": RULE,
        "domainColor": RULE,
        "tickColor": RULE,
        "labelFontSize": 12,
        "titleFontSize": 12,
    },
    "text": {"fontSize": 12},
    "legend": {"labelFontSize": 12, "titleFontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """One chart, ready for the page.

    ``spec`` is Vega-Lite JSON that is safe inside a script element; ``picture`` a data URI;
    ``term`` the glossary's word for what is drawn.
    """

    key: str
    title: str
    description: str
    spec: str
    picture: str
    term: str
    caption: str = ""


def finished(
    key: str, title: str, description: str, drawing: Any, *, term: str, caption: str = ""
) -> Chart:
    """Draw a chart for the page: its picture, and its specification at the container's width.

    ``drawing`` is a Vega-Lite specification as a mapping, or an Altair chart.
    """
    plain = drawing if isinstance(drawing, Mapping) else drawing.to_dict(validate=False)
    spec = {"$schema": SCHEMA, **plain, "config": CONFIG, "description": description}
    picture = vl_convert.vegalite_to_svg(_without_pointer(spec))
    live = {**spec, "width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    return Chart(
        key=key,
        title=title,
        description=description,
        spec=script_safe(json.dumps(live, separators=(",", ":"), ensure_ascii=True)),
        picture="data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode("ascii"),
        term=term,
        caption=caption,
    )


def _without_pointer(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A specification without the layers that only answer a pointer: a picture has none."""
    layers = [layer for layer in spec.get("layer", ()) if "params" not in layer]
    return {**spec, "layer": layers} if layers else dict(spec)


def script_safe(text: str) -> str:
    """JSON that cannot end the script element it is written into."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def make_ready() -> None:
    """Load what draws charts, which takes longer than all the charts of a page."""
    nothing = {"$schema": SCHEMA, "data": {"values": [{}]}, "mark": "point"}
    vl_convert.vegalite_to_svg({**nothing, "config": CONFIG})
    drawing_library()


def drawing_library() -> str:
    """The scripts that make the charts interactive, safe inside one script element.

    Putting them together takes seconds and gives the same text every time, so it is kept beside
    the compiled code, or in the user's cache where nothing can be written there.
    """
    name = f"drawing_library-{version('vl-convert-python')}.js"
    for folder in _places_to_keep():
        try:
            return (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    library = bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    for folder in _places_to_keep():
        if _keep(library, folder, name):
            break
    return library


def _places_to_keep() -> Iterator[Path]:
    """Where what takes long to make may be kept, best first."""
    yield Path(__file__).parent / "__pycache__"
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    yield (Path(base) if base else Path.home() / ".cache") / "sufficiency"


def _keep(text: str, folder: Path, name: str) -> bool:
    """Write a text whole or not at all; whether it could be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=folder, suffix=".part", delete=False
        ) as file:
            aside = Path(file.name)
            file.write(text)
        try:
            aside.replace(folder / name)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError:
        return False
    return True
