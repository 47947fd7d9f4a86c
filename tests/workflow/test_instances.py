"""Instances, their resources and their edition."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pairec_cli.domain.errors import AlreadyExists, EditionRefused, InvalidInput, NotFound
from pairec_cli.domain.instance import ServiceType
from pairec_cli.project import Project
from pairec_cli.workflow.instances import (
    check_access,
    create_instance,
    default_bindings,
    holdings,
    initialise,
    pick_instance,
    require_premium,
)
from pairec_cli.workflow.scenarios import create_scenario


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("PAIREC_DB_URL", raising=False)
    made = Project.create(tmp_path / ".pairec")
    create_instance(made, "demo", region="local")
    return made


def test_the_first_instance_is_current_and_stays_so(project: Project) -> None:
    create_instance(project, "shop", region="local")
    assert project.instance.name == "demo"
    assert pick_instance(project, None).name == "demo"
    assert pick_instance(project, "shop").name == "shop"
    with pytest.raises(NotFound):
        pick_instance(project, "sho")


def test_the_same_instance_again_is_no_change(project: Project) -> None:
    first, new = create_instance(project, "demo", region="local")
    assert not new
    assert project.control.instances.all() == [first]
    with pytest.raises(AlreadyExists):
        create_instance(project, "demo", region="cn-beijing")


def test_a_second_instance_shares_no_resource_with_the_first(project: Project) -> None:
    second, _ = create_instance(project, "shop", region="local")
    first = project.control.instances.get("demo")
    assert set(vars(first.bindings).values()) & set(vars(second.bindings).values()) == {True}


@pytest.mark.parametrize("name", ["shop", "Shop-2", "7.eleven", "电商", "a" * 64])
def test_default_bindings_are_names_that_initialise_takes(project: Project, name: str) -> None:
    create_instance(project, name, region="local")
    assert initialise(project, name).bindings == default_bindings(name, [project.instance])


def test_names_that_differ_in_signs_only_share_nothing(project: Project) -> None:
    made = [create_instance(project, name, region="local")[0].bindings for name in ("a-b", "a.b", "A_b")]
    for resource in ("pai_workspace", "dataworks_workspace", "maxcompute_project", "oss_bucket"):
        assert len({getattr(bindings, resource) for bindings in made}) == 3, resource


def test_initialise_makes_every_resource_and_check_sees_them(project: Project) -> None:
    before = check_access(project.instance, project.home)
    assert [access.exists for access in before] == [False] * 5
    made = initialise(project)
    assert made.initialised
    assert project.instance == made
    assert all(access.granted for access in check_access(made, project.home))
    assert initialise(project) == made


def test_initialise_binds_what_is_given(project: Project) -> None:
    bound = initialise(project, "demo", {"oss_bucket": "my-bucket", "featurestore_recall": False}).bindings
    assert (bound.oss_bucket, bound.featurestore_recall) == ("my-bucket", False)
    assert bound.maxcompute_project == "project_mc"
    assert (project.home / "oss" / "my-bucket").is_dir()
    uses = {access.resource: access.used_for for access in check_access(project.instance, project.home)}
    assert uses["FeatureStore project"] == "feature query"


def test_a_dry_run_changes_nothing(project: Project) -> None:
    before = project.instance
    planned = initialise(project, None, {"oss_bucket": "my-bucket"}, dry_run=True)
    assert planned.bindings.oss_bucket == "my-bucket"
    assert project.instance == before
    assert not (project.home / "oss").exists()


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("oss_bucket", "My_Bucket"),
        ("oss_bucket", "../up"),
        ("maxcompute_project", "a-b"),
        ("dataworks_workspace", "../up"),
    ],
)
def test_names_that_the_cloud_would_not_take_are_refused(project: Project, resource: str, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        initialise(project, None, {resource: name})
    assert repr(name) in caught.value.message
    assert not project.instance.initialised


def test_an_unknown_resource_is_named(project: Project) -> None:
    with pytest.raises(NotFound, match="did you mean 'oss_bucket'"):
        initialise(project, None, {"oss_buket": "x"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_check_sees_a_resource_that_is_read_only(project: Project) -> None:
    initialise(project)
    folder = project.home / "oss" / project.instance.bindings.oss_bucket
    folder.chmod(0o500)
    access = next(a for a in check_access(project.instance, project.home) if a.resource == "OSS bucket")
    assert (access.exists, access.readable, access.writable, access.granted) == (True, True, False, False)


def test_holdings_are_what_a_deletion_takes_along(project: Project) -> None:
    assert holdings(project, "demo") == []
    create_scenario(project, "demo", "HomePage")
    assert holdings(project, "demo") == [{"kind": "scenario", "name": "HomePage"}]
    with pytest.raises(NotFound):
        holdings(project, "other")


def test_standard_edition_refuses_premium_features(project: Project) -> None:
    require_premium(project.instance, "data diagnostics")
    standard = replace(project.instance, service_type=ServiceType.STANDARD)
    with pytest.raises(EditionRefused, match="data diagnostics needs Premium Edition") as caught:
        require_premium(standard, "data diagnostics")
    assert caught.value.hint == "pairec instance create NAME --service-type premium"
