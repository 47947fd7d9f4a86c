"""Config to text: readable, stable, read back as the same config, and accepted by protobuf itself."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pairec_cli.domain.pipeline_config import PipelineConfig, parse, write
from pairec_cli.domain.pipeline_config.features import IDS
from pairec_cli.domain.pipeline_config.message import Message
from pairec_cli.domain.pipeline_config.optimizers import FusedAdagradOptimizer
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType
from pairec_cli.domain.pipeline_config.reading import Slot, slots
from tests.domain.pipeline_config.configs import ALL

Kind = descriptor_pb2.FieldDescriptorProto
TYPES = {bool: Kind.TYPE_BOOL, int: Kind.TYPE_INT64, float: Kind.TYPE_DOUBLE, str: Kind.TYPE_STRING}


def every_message(root: type[Message]) -> Iterator[type[Message]]:
    seen, waiting = set(), [root]
    while waiting:
        message = waiting.pop()
        if message not in seen:
            seen.add(message)
            yield message
            waiting += [s.kind for s in slots(message).values() if issubclass(s.kind, Message)]


MESSAGES = list(every_message(PipelineConfig))


@cache
def protobuf_class() -> Any:
    """PipelineConfig as protobuf's own class, made of our fields."""
    file = descriptor_pb2.FileDescriptorProto(name="pipeline.proto", package="t", syntax="proto2")
    enums: dict[str, type[StrEnum]] = {}
    for message in MESSAGES:
        described = file.message_type.add(name=message.__name__)
        for number, (name, slot) in enumerate(slots(message).items(), start=1):
            if issubclass(slot.kind, StrEnum):
                enums[slot.kind.__name__] = slot.kind
            add_field(described, message, name, number, slot)
    for name, kind in enums.items():
        values = file.enum_type.add(name=name).value
        for number, member in enumerate(kind):
            values.add(name=member.value, number=number)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.PipelineConfig"))


def add_field(described: Any, message: type[Message], name: str, number: int, slot: Slot) -> None:
    field = described.field.add(name=name, number=number)
    field.label = Kind.LABEL_REPEATED if slot.repeated else Kind.LABEL_OPTIONAL
    if slot.required or name in message.always:
        field.label = Kind.LABEL_REQUIRED
    if slot.key:
        entry = described.nested_type.add(name="".join(p.title() for p in name.split("_")) + "Entry")
        entry.options.map_entry = True
        key = entry.field.add(name="key", number=1, label=Kind.LABEL_OPTIONAL)
        key.type = Kind.TYPE_STRING
        set_type(entry.field.add(name="value", number=2, label=Kind.LABEL_OPTIONAL), slot.kind)
        field.type, field.type_name = Kind.TYPE_MESSAGE, f".t.{message.__name__}.{entry.name}"
    else:
        set_type(field, slot.kind)


def set_type(field: Any, kind: type) -> None:
    if kind in TYPES:
        field.type = TYPES[kind]
    else:
        field.type = Kind.TYPE_MESSAGE if issubclass(kind, Message) else Kind.TYPE_ENUM
        field.type_name = f".t.{kind.__name__}"


@pytest.mark.parametrize("name", ALL)
def test_a_written_config_reads_as_itself(name: str) -> None:
    config = parse(ALL[name])
    text = write(config)
    assert parse(text) == config
    assert write(parse(text)) == text


@pytest.mark.parametrize("name", ALL)
def test_protobuf_reads_what_is_written_and_what_is_read(name: str) -> None:
    written = text_format.Parse(write(parse(ALL[name])), protobuf_class()())
    assert written.IsInitialized(), written.FindInitializationErrors()
    assert written == whole(text_format.Parse(ALL[name], protobuf_class()()))


def whole(message: Any) -> Any:
    """The message with the defaults that are written always."""
    known = {kind.__name__: kind for kind in MESSAGES}.get(message.DESCRIPTOR.name)
    for field in known.always if known else ():
        if not message.HasField(field):
            default = known.model_fields[field].default
            setattr(
                message,
                field,
                list(type(default)).index(default) if isinstance(default, StrEnum) else default,
            )
    for descriptor, value in message.ListFields():
        if descriptor.message_type and not descriptor.message_type.GetOptions().map_entry:
            for one in value if descriptor.label == descriptor.LABEL_REPEATED else [value]:
                whole(one)
    return message


def test_what_the_protos_require_is_written_though_it_is_the_default() -> None:
    group = FeatureGroupConfig(group_name="g")
    assert group.given == ("group_name", "group_type")
    assert FusedAdagradOptimizer().given == ("lr",)


def test_the_form_of_the_text() -> None:
    config = PipelineConfig(
        train_input_path='a "b"',
        eval_input_path="",
        model_dir="\x1d1",
        model=parse(ALL["mind"]).model,
    )
    assert write(config).splitlines()[:8] == [
        r'train_input_path: "a \"b\""',
        'eval_input_path: ""',
        r'model_dir: "\0351"',
        "model_config {",
        "    mind {",
        "        user_tower {",
        '            input: "user"',
        '            history_input: "hist"',
    ]


def test_lists_of_numbers_are_one_line_and_names_a_line_each() -> None:
    text = write(parse(ALL["dbmtl"]))
    assert "hidden_units: [128, 64]" in text
    assert '    label_fields: "clk"\n    label_fields: "stay"\n' in text
    assert "losses {\n                l2_loss {}\n" in text


def test_an_enum_is_written_when_it_is_given() -> None:
    group = FeatureGroupConfig(group_name="g", group_type=FeatureGroupType.DEEP)
    assert group.given == ("group_name", "group_type")


SCALARS: dict[type, SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(0, 2**31 - 1),
    float: st.floats(allow_nan=False),
    str: st.text(max_size=6),
}


@st.composite
def messages(draw: st.DrawFn, kind: type[Message], depth: int = 0) -> Message:
    """A message with a few of its fields, one of each group at most."""
    known = {slot.name: slot for slot in slots(kind).values()}
    required = [name for name, slot in known.items() if slot.required]
    optional = [name for name, slot in known.items() if not slot.required and depth < 4]
    some = st.lists(st.sampled_from(optional), max_size=3, unique=True) if optional else st.just([])
    chosen = [*required, *draw(some)]
    for names in (*kind.oneofs.values(), IDS):
        inside = [name for name in chosen if name in names]
        chosen = [name for name in chosen if name not in inside[1:]]
    return kind(**{name: draw(values(known[name], depth)) for name in chosen})


@st.composite
def values(draw: st.DrawFn, slot: Slot, depth: int) -> Any:
    if issubclass(slot.kind, Message):
        one: SearchStrategy[Any] = messages(slot.kind, depth + 1)
    elif issubclass(slot.kind, StrEnum):
        one = st.sampled_from(list(slot.kind))
    else:
        one = SCALARS[slot.kind]
    if slot.key:
        return draw(st.dictionaries(st.text(max_size=4), one, min_size=1, max_size=2))
    return tuple(draw(st.lists(one, min_size=1, max_size=2))) if slot.repeated else draw(one)


@given(messages(PipelineConfig))
@settings(max_examples=60, deadline=None)
def test_any_config_reads_as_itself_here_and_in_protobuf(config: Message) -> None:
    assert isinstance(config, PipelineConfig)
    text = write(config)
    assert parse(text) == config
    text_format.Parse(text, protobuf_class()())
