"""Notices: what customers are told by itself, from ``[templates]`` and what we ship."""

from __future__ import annotations

from omniroute.config.kinds import titles
from omniroute.config.sections import Config, TemplateSection
from omniroute.config.zones import zone
from omniroute.engine.notices.templates import PLACES, TEXT_CHARS_MAX, Template, shipped, strange_places
from omniroute.engine.notices.texts import NoticeSetup
from omniroute.errors import ConfigError


def notice_setup(config: Config) -> NoticeSetup:
    """What notices are made from. Raises `ConfigError`."""
    templates = shipped()
    for language, named in config.templates.items():
        for name, section in named.items():
            templates[language, name] = _template(section, f"templates.{language}.{name}")
    words = titles(config)
    return NoticeSetup(
        config.company, config.language, templates, words, zone(config.status.timezone, "status.timezone")
    )


def _template(section: TemplateSection, path: str) -> Template:
    for key, text in (("text", section.text), ("subject", section.subject)):
        strange = strange_places(text)
        if strange:
            known = ", ".join(f"{{{name}}}" for name in PLACES)
            raise ConfigError(f"{strange[0]!r} stands for nothing; there are: {known}", f"{path}.{key}")
        if len(text) > TEXT_CHARS_MAX:
            raise ConfigError(f"at most {TEXT_CHARS_MAX} characters", f"{path}.{key}")
    if not section.text.strip():
        raise ConfigError("it says nothing", f"{path}.text")
    return Template(section.text, section.subject)
