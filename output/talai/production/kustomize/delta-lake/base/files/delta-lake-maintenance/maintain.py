"""Keep a Delta table in shape: optimize compacts its files, vacuum removes those that no kept version needs."""

import argparse
import os
from datetime import datetime, timedelta, timezone

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("operation", choices=["optimize", "vacuum"])
parser.add_argument("--path", required=True, help="where the table is in the bucket")
parser.add_argument("--history", type=int, required=True, help="hours for which versions are kept")
parser.add_argument("--z-order", action="append", default=[], help="a column; may come more than once")
parser.add_argument("--partition", help="compact from some days ago on: the column that is the date")
parser.add_argument("--days", type=int, default=0, help="how many days ago")
asked = parser.parse_args()

spark = SparkSession.builder.getOrCreate()
path = os.environ["STORAGE_URL"] + "/" + asked.path
table = DeltaTable.forPath(spark, path)

# What vacuum keeps, and how far back the log tells of versions. Writing it again would be a commit for nothing.
kept = "interval " + str(asked.history) + " hours"
wanted = {"delta.deletedFileRetentionDuration": kept, "delta.logRetentionDuration": kept}
found = table.detail().first()["properties"]
missing = ["'" + key + "' = '" + value + "'" for key, value in wanted.items() if found.get(key) != value]
if missing:
    spark.sql("ALTER TABLE delta.`" + path + "` SET TBLPROPERTIES (" + ", ".join(missing) + ")")

if asked.operation == "vacuum":
    table.vacuum(asked.history)
else:
    work = table.optimize()
    if asked.partition:
        since = datetime.now(timezone.utc).date() - timedelta(days=asked.days)
        work = work.where(asked.partition + " >= '" + since.isoformat() + "'")
    done = work.executeZOrderBy(*asked.z_order) if asked.z_order else work.executeCompaction()
    done.select("metrics.numFilesAdded", "metrics.numFilesRemoved").show()
spark.stop()
