from __future__ import annotations

import time
from pathlib import Path

import pytest

from pairec_cli.domain.deployment import DeploymentStatus
from pairec_cli.domain.errors import (
    EditionRefused,
    InvalidConfig,
    InvalidInput,
    NotDeployed,
    NotFound,
)
from pairec_cli.domain.instance import ServiceType
from pairec_cli.project import Project
from pairec_cli.workflow import archive, generating, solutions
from pairec_cli.workflow.archive import ENGINE_FILE, SOLUTION_FILE
from pairec_cli.workflow.instances import create_instance
from tests.workflow import tiny


def packages(project: Project) -> list[Path]:
    return sorted(project.home.glob("oss/*/algoconfig/plan/*/package.zip"))


def test_a_package_stands_at_its_address_with_a_record_and_a_log(solved: Project) -> None:
    before = int(time.time())
    made = generating.generate(solved)
    [path] = packages(solved)
    assert made.record.package == f"oss://pairec-bucket/algoconfig/plan/{path.parent.name}/package.zip"
    assert before <= int(path.parent.name) <= time.time() + 1
    assert made.record.status is DeploymentStatus.GENERATED
    assert (made.record.solution, made.record.version, made.reused) == (tiny.NAME, 1, False)
    assert archive.unpack(path.read_bytes(), "x").files == dict(made.package.files)
    assert made.package.files[SOLUTION_FILE] == tiny.document(solved)
    assert ENGINE_FILE in made.package.files
    assert made.record.log is not None
    log = Path(made.record.log).read_text()
    assert "solution tiny version 1\nnode tiny_rec_sln_demo_" in log
    assert log.endswith(f"package {made.record.package}\n")


def test_generating_an_unchanged_solution_again_is_the_record_that_exists(solved: Project) -> None:
    first, second = generating.generate(solved), generating.generate(solved)
    assert (second.record, second.reused) == (first.record, True)
    assert len(packages(solved)) == 1
    packages(solved)[0].unlink()
    assert not generating.generate(solved).reused


def test_a_changed_solution_is_another_package(solved: Project) -> None:
    first = generating.generate(solved)
    changed = solutions.configure(tiny.document(solved), {"recalls[global_hot].top_n": "50"})
    solutions.save(solved, changed)
    second = generating.generate(solved)
    assert second.record.id != first.record.id
    assert second.record.version == 2
    assert len(packages(solved)) == 2
    assert generating.latest_generated(solved, None) == second.record


def test_a_dry_run_writes_nothing(solved: Project) -> None:
    package = generating.compiled(solved)
    assert package.workflow.name == "Flow"
    assert packages(solved) == []
    assert solved.control.deployments.all("demo") == []


def test_a_failure_leaves_a_failed_record_with_a_readable_log_and_no_package(solved: Project) -> None:
    solved.control.tables.remove("demo", "item table")
    with pytest.raises(InvalidConfig, match=r"data_tables\.item\.table"):
        generating.generate(solved)
    assert packages(solved) == []
    [record] = solved.control.deployments.all("demo")
    assert (record.status, record.package) == (DeploymentStatus.FAILED, None)
    assert record.log is not None
    log = Path(record.log).read_text()
    assert log.startswith("solution tiny version 1\nerror: solution has 1 problem(s):")
    assert "registered item table" in log
    with pytest.raises(NotDeployed, match="no script was generated for solution 'tiny'"):
        generating.latest_generated(solved, None)


def test_a_package_that_cannot_be_written_leaves_a_failed_record(
    solved: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generating, "_write", no_space)
    with pytest.raises(OSError, match="No space left"):
        generating.generate(solved)
    monkeypatch.undo()
    [record] = solved.control.deployments.all("demo")
    assert record.status is DeploymentStatus.FAILED
    assert "No space left" in record.message
    assert record.log is not None
    assert "No space left" in Path(record.log).read_text()


def test_two_packages_of_one_second_stand_apart(solved: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    addresses = [generating._write(solved, "bucket", b"x") for _ in range(2)]
    assert addresses == [
        f"oss://bucket/algoconfig/plan/{second}/package.zip" for second in (1_800_000_000, 1_800_000_001)
    ]


def test_a_standard_instance_refuses_custom_solutions(solved: Project) -> None:
    create_instance(solved, "plain", region="local", service_type=ServiceType.STANDARD)
    solved.control.instances.use("plain")
    with pytest.raises(EditionRefused, match="custom recommendation solutions"):
        solutions.save(solved, tiny.document(solved))


@pytest.mark.parametrize("address", ["oss://", "oss:///x", "oss://pairec-bucket/../../../etc/passwd"])
def test_an_address_stays_in_its_bucket(solved: Project, address: str) -> None:
    with pytest.raises(InvalidInput, match="is not an OSS address"):
        generating.load(solved, address)


def test_a_package_that_is_not_there_is_not_found(solved: Project, tmp_path: Path) -> None:
    for address in ("oss://pairec-bucket/no/package.zip", str(tmp_path / "no.zip")):
        with pytest.raises(NotFound, match="package"):
            generating.load(solved, address)
