"""The script of pipeline/delta-lake does to a table what its arguments say, run against a table that takes notes."""

import runpy
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pipeline_examples import example, named
from rendering import Rendered

KEPT = "interval 720 hours"
IN_SHAPE = {"delta.deletedFileRetentionDuration": KEPT, "delta.logRetentionDuration": KEPT}


def tables() -> Rendered:
    return example("delta-lake", "tables")


class Table:
    """Stands for a table of Delta Lake: notes what is asked of it."""

    def __init__(self, properties: dict[str, str]) -> None:
        self.properties = properties
        self.asked: list[tuple[object, ...]] = []

    def detail(self) -> Any:
        return SimpleNamespace(first=lambda: {"properties": self.properties})

    def vacuum(self, hours: int) -> None:
        self.asked.append(("vacuum", hours))

    def optimize(self) -> "Table":
        return self

    def where(self, condition: str) -> "Table":
        self.asked.append(("where", condition))
        return self

    def executeZOrderBy(self, *columns: str) -> Any:  # noqa: N802 - Delta's name
        self.asked.append(("z-order", *columns))
        return SimpleNamespace(select=lambda *_: SimpleNamespace(show=lambda: None))

    def executeCompaction(self) -> Any:  # noqa: N802 - Delta's name
        self.asked.append(("compact",))
        return SimpleNamespace(select=lambda *_: SimpleNamespace(show=lambda: None))


def run(job: str, properties: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Run the script as a job of the example runs it, and return what it asked of the table."""
    spec = named(tables(), "ScheduledSparkApplication", job, "us-west-2")["spec"]["template"]
    table = Table(properties)
    opened: list[str] = []

    def for_path(_spark: object, path: str) -> Table:
        opened.append(path)
        return table

    spark = SimpleNamespace(sql=lambda text: table.asked.append(("sql", text)), stop=lambda: None)
    modules: dict[str, dict[str, object]] = {
        "delta": {},
        "delta.tables": {"DeltaTable": SimpleNamespace(forPath=for_path)},
        "pyspark": {},
        "pyspark.sql": {"SparkSession": SimpleNamespace(builder=SimpleNamespace(getOrCreate=lambda: spark))},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    for entry in spec["driver"]["env"]:
        monkeypatch.setenv(entry["name"], entry["value"])
    monkeypatch.setattr(sys, "argv", ["maintain.py", *spec["arguments"]])
    script = named(tables(), "ConfigMap", "delta-lake-maintenance", "us-west-2")["data"]["maintain.py"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "maintain.py"
        file.write_text(script, "utf-8")
        runpy.run_path(str(file), run_name="__main__")
    assert opened == [f"s3a://shop-example-us-west-2-lake/tables/{job.partition('-')[2]}"]
    return table.asked


def test_vacuum_keeps_the_whole_history(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("vacuum-order-events", IN_SHAPE, monkeypatch) == [("vacuum", 720)]


def test_compaction_looks_at_the_newest_partitions_and_orders_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    before = datetime.now(UTC).date()
    asked = run("optimize-order-events", IN_SHAPE, monkeypatch)
    days = {before, datetime.now(UTC).date()}
    assert asked[0] in {("where", f"event_date >= '{(day - timedelta(days=3)).isoformat()}'") for day in days}
    assert asked[1:] == [("z-order", "customer_id", "product_id")]


def test_a_table_without_order_or_partition_is_compacted_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    week = dict.fromkeys(IN_SHAPE, "interval 168 hours")
    assert run("optimize-customers", week, monkeypatch) == [("compact",)]


def test_the_table_is_told_its_history_before_anything_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("vacuum-order-events", {"delta.logRetentionDuration": KEPT}, monkeypatch)
    told = "ALTER TABLE delta.`s3a://shop-example-us-west-2-lake/tables/order-events` SET TBLPROPERTIES "
    assert asked == [("sql", f"{told}('delta.deletedFileRetentionDuration' = '{KEPT}')"), ("vacuum", 720)]


@pytest.mark.parametrize("table", ["order-events", "customers"])
def test_both_jobs_of_a_table_know_the_same_history(table: str) -> None:
    told = [
        named(tables(), "ScheduledSparkApplication", f"{job}-{table}", "us-west-2")["spec"]["template"]["arguments"]
        for job in ("optimize", "vacuum")
    ]
    assert told[0][:5][1:] == told[1][1:]
