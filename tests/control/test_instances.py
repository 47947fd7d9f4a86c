"""Instances: made, changed, chosen, and deleted only when empty or when everything may go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import AlreadyExists, InvalidInput, NotFound
from pairec_cli.domain.instance import ResourceBindings, ServiceType
from pairec_cli.domain.tables import TableName, TableRole

BINDINGS = ResourceBindings("pai", "dw", "mc", "bucket", "fs", featurestore_recall=False)


def test_created_as_given(empty: Control) -> None:
    made = empty.instances.create(
        "a",
        region="cn-beijing",
        bindings=BINDINGS,
        service_type=ServiceType.STANDARD,
        timezone="Asia/Shanghai",
    )
    assert (made.region, made.service_type, made.timezone) == (
        "cn-beijing",
        ServiceType.STANDARD,
        "Asia/Shanghai",
    )
    assert made.bindings == BINDINGS
    assert not made.initialised
    assert empty.instances.get("a") == made
    assert empty.instances.all() == [made]


def test_names_are_unique_and_plain(control: Control) -> None:
    with pytest.raises(AlreadyExists, match="'main' exists"):
        control.instances.create("main", region="r", bindings=BINDINGS)
    for name in ("", " ", "a b", "-a", "a/b", "a\n", "x" * 65):
        with pytest.raises(InvalidInput, match="cannot name"):
            control.instances.create(name, region="r", bindings=BINDINGS)
    with pytest.raises(InvalidInput, match="time zone"):
        control.instances.create("b", region="r", bindings=BINDINGS, timezone="Mars/Olympus")
    assert [instance.name for instance in control.instances.all()] == ["main"]


def test_update(control: Control) -> None:
    changed = replace(control.instances.get("main"), initialised=True, bindings=BINDINGS, region="elsewhere")
    control.instances.update(changed)
    assert control.instances.get("main") == changed
    with pytest.raises(NotFound, match="did you mean 'main'"):
        control.instances.update(replace(changed, name="mian"))
    with pytest.raises(InvalidInput, match="time zone"):
        control.instances.update(replace(changed, timezone="nowhere"))


def test_current(empty: Control) -> None:
    with pytest.raises(NotFound) as refused:
        empty.instances.current()
    assert refused.value.hint == "pairec instance create NAME"
    for name in ("a", "b", "c"):
        empty.instances.create(name, region="r", bindings=BINDINGS)
    assert empty.instances.current().name == "a"
    assert empty.instances.use("b").name == "b"
    assert empty.instances.current().name == "b"
    with pytest.raises(NotFound):
        empty.instances.use("d")
    empty.instances.delete("b")
    with pytest.raises(NotFound, match="'b' does not exist; known: a, c") as lost:
        empty.instances.current()
    assert lost.value.hint == "pairec instance use NAME"
    empty.instances.delete("a")
    assert empty.instances.current().name == "c"


def test_delete_is_refused_while_it_holds_anything(control: Control) -> None:
    control.scenarios.create("main", "HomePage")
    control.solutions.save("main", "s", "HomePage", "a: 1")
    control.tables.register("main", "User Table", TableName("p", "t"), TableRole.USER)
    record = control.deployments.start("main", "s", 1)
    with pytest.raises(InvalidInput) as refused:
        control.instances.delete("main")
    assert refused.value.message == (
        "instance 'main' still holds 1 registered table(s), 1 scenario(s), 1 solution(s),"
        " 1 deployment record(s)"
    )
    control.instances.delete("main", cascade=True)
    assert control.instances.all() == []
    assert control.tables.all("main") == []
    assert control.scenarios.all("main") == []
    assert control.solutions.all("main") == []
    with pytest.raises(NotFound):
        control.deployments.get(record.id)


def test_delete_takes_nothing_from_others(control: Control) -> None:
    control.instances.create("other", region="r", bindings=BINDINGS)
    for instance in ("main", "other"):
        control.scenarios.create(instance, "HomePage")
        control.solutions.save(instance, "s", "HomePage", "a: 1")
    control.instances.delete("main", cascade=True)
    assert control.solutions.get("other", "s").latest.document == "a: 1"
    with pytest.raises(NotFound):
        control.instances.delete("main")
