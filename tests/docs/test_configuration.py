"""The page of the configuration against the Structs: every key, with its default; and its TOML against `config.check`."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import msgspec
import pytest
from tests.docs.pages import Block, blocks, read, rows, section

from omniroute import config, plugins
from omniroute.engine.classify import sections

PAGE = "docs/reference/configuration.md"
REGISTRY = plugins.load()
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "The whole file": config.Config,
    "`[server]`": config.Server,
    "`[journal]`": config.JournalSection,
    "`[routing]`": config.Routing,
    "`[status]`": config.StatusSection,
    "`[kinds.NAME]`": config.KindSection,
    "`[[kinds.NAME.stages]]`": config.StageSection,
    "`tasks` of `[[kinds.NAME.stages]]`": config.TaskSection,
    "`[kinds.NAME.fields.NAME]`": config.FieldSection,
    "`[templates.LANGUAGE.NAME]`": config.TemplateSection,
    "`[departments.NAME]`": config.Department,
    "`[departments.NAME.queues.NAME]`": config.Queue,
    "`[channels.NAME]`": config.ChannelSection,
    "`[operators.LOGIN]`": config.OperatorSection,
    "`[calendars.NAME]`": config.CalendarSection,
    "`[webhooks.NAME]`": REGISTRY.sinks["webhook"].options_type,
    "`[[classify]]`": sections.ClassifyRule,
    "`[classify.when]`": sections.When,
    "`hours` of `[classify.when]`": sections.Hours,
    "`customer` of `[classify.when]`": sections.CustomerWhen,
    "`[classify.then]`": sections.Then,
    "`[[sla]]`": config.sections.SlaSection,
    "`[[sla.escalate]]`": config.sections.EscalateSection,
    **{f"Options of `{name}`": channel.options_type for name, channel in REGISTRY.channels.items()},
}


def shown(field: msgspec.structs.FieldInfo) -> str:
    """A default as the page shows it."""
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None:
        return "none"
    return "see below" if isinstance(value, msgspec.Struct) else f"`{json.dumps(value)}`"


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_is_there_with_its_default(heading: str) -> None:
    fields = msgspec.structs.fields(SECTIONS[heading])
    described = [(row[0], row[1]) for row in rows(section(PAGE, heading))]
    assert described == [(f"`{field.encode_name}`", shown(field)) for field in fields]


def test_every_section_of_the_file_is_checked_here() -> None:
    kinds = [kind for kind in vars(config.sections).values() if isinstance(kind, type)]
    assert {kind for kind in kinds if issubclass(kind, config.Section)} - {config.Section} <= set(SECTIONS.values())


def merged(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The demo's company with a part in the place of its own; instances and queues are replaced whole."""
    new = {**base, **part}
    for table in ("channels", "operators", "calendars"):
        new[table] = {**base[table], **part.get(table, {})}
    new["departments"] = {name: {**one, "queues": dict(one["queues"])} for name, one in base["departments"].items()}
    for name, department in part.get("departments", {}).items():
        new["departments"][name]["queues"].update(department.get("queues", {}))
    return new


class Example:
    """Stands for the policy of the how-to."""

    name, terms = "fewest_items", ("x",)


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block.page)
def test_toml_is_right(block: Block) -> None:
    part = tomllib.loads(block.text)
    if "project" in part:
        assert "omniroute" in part["project"]["entry-points"]
        return
    registry = REGISTRY._replace(  # type: ignore[arg-type]
        policies={**REGISTRY.policies, "fewest_items": Example()}, order_systems={"directory": Example()}
    )
    base = tomllib.loads(read("src/omniroute/demo/company.toml"))
    config.check(config.parse(part if "departments" in part and "channels" in part else merged(base, part)), registry)
