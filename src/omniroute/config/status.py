"""How customers are told where their matter stands, from ``[status]`` and the address of the server."""

from __future__ import annotations

from urllib.parse import urlsplit

from omniroute.config.lengths import COUNT_MAX, bounded
from omniroute.config.sections import Config
from omniroute.config.zones import zone
from omniroute.engine.status.setup import StatusSetup
from omniroute.errors import ConfigError

LINK_DAYS_MAX = 3650


def status_setup(config: Config) -> StatusSetup:
    """What the engine tells customers by. Raises `ConfigError`."""
    section = config.status
    return StatusSetup(
        section.links,
        base_url(config) if section.links else "",
        bounded(section.link_days, 1, LINK_DAYS_MAX, "status.link_days"),
        bounded(section.answers_per_day, 1, COUNT_MAX, "status.answers_per_day"),
        zone(section.timezone, "status.timezone"),
    )


def base_url(config: Config) -> str:
    """The address under which customers reach us; empty where the port is not known before the server listens."""
    url, server = config.server.public_url, config.server
    if not url:
        host = f"[{server.host}]" if ":" in server.host else server.host
        return f"http://{host}:{server.port}" if server.port else ""
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        right = False
    if not right or any(sign.isspace() for sign in url):
        raise ConfigError(f'{url!r} is no address; write it like "https://desk.example.com"', "server.public_url")
    return url.rstrip("/")
