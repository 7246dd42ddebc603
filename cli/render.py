"""nginx's settings, rendered from the same templates that the container image renders with envsubst."""

import re
from collections.abc import Mapping
from pathlib import Path

from cli.config import Lab, bracketed
from cli.errors import Broken
from cli.language import _
from cli.ports import LOOPBACK

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
TEMPLATES = {"lab.conf.template": "lab.conf", "native.conf.template": "nginx.conf"}


def render(template: str, values: Mapping[str, str]) -> str:
    """The template with every ``${NAME}`` of ``values`` filled in; nginx's own variables stay as they are."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), template)


def values(lab: Lab, status_port: int) -> dict[str, str]:
    """What the templates are filled with natively; on ``status_port`` nginx tells what it counts."""
    return {
        "HTTP_LISTEN": f"{bracketed(lab.bind)}:{lab.text('HTTP_PORT')}",
        "FLASK_UPSTREAM": "lab_flask",
        "ASYNC_UPSTREAM": "lab_async",
        "RABBIT_UPSTREAM": "lab_rabbit",
        "BOARD_UPSTREAM": "lab_board",
        "NGINX_RESOLVER": LOOPBACK,
        "WWW_ROOT": str(lab.root / "nginx" / "www"),
        "ACCESS_LOG": "/dev/stdout",
        "STATUS_LISTEN": f"{LOOPBACK}:{status_port}",
        "STATE": str(lab.state),
        "FLASK_PORT": lab.text("FLASK_PORT"),
        "ASYNC_PORT": lab.text("ASYNC_PORT"),
        "RABBIT_MANAGEMENT_PORT": lab.text("RABBIT_MANAGEMENT_PORT"),
        "BOARD_PORT": lab.text("BOARD_PORT"),
    }


def write(lab: Lab, status_port: int) -> str:
    """Renders both files into the state folder; returns their text, which changes when nginx must be started anew."""
    found = values(lab, status_port)
    text = ""
    for template, name in TEMPLATES.items():
        source = lab.root / "nginx" / template
        if not source.is_file():
            raise Broken(
                _("{source} is missing", source=source), part="nginx", mend=_("The checkout is not whole: git status")
            )
        rendered = render(source.read_text(encoding="utf-8"), found)
        target = Path(lab.state, name)
        target.write_text(rendered, encoding="utf-8", newline="\n")
        text += rendered
    return text
