"""Jobs and schedules: that they run when they should, and end."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.values import Path
from generator.rules.reliability.cron import cron_mistake, interval_seconds, unknown_zone
from generator.rules.rule import Mistake, rule

_FIVE = "Write five fields: minute hour day month weekday."
_SIX = "Write six fields: second minute hour day month weekday."
# Objects with a schedule: group, kind, path, fields.
_SCHEDULES: tuple[tuple[str, str, Path, int], ...] = (
    ("batch", "CronJob", ("spec", "schedule"), 5),
    ("velero.io", "Schedule", ("spec", "schedule"), 5),
    ("postgresql.cnpg.io", "ScheduledBackup", ("spec", "schedule"), 6),
    ("argoproj.io", "CronWorkflow", ("spec", "schedule"), 5),
    ("sparkoperator.k8s.io", "ScheduledSparkApplication", ("spec", "schedule"), 5),
    ("chaos-mesh.org", "Schedule", ("spec", "schedule"), 5),
    ("volsync.backube", "ReplicationSource", ("spec", "trigger", "schedule"), 5),
    ("k8up.io", "Schedule", ("spec", "backup", "schedule"), 5),
)


@rule("reliability/cron-schedule")
def cron_schedule(cluster: Cluster) -> Iterator[Mistake]:
    """Find schedules that are none, or that never come."""
    for group, kind, path, fields in _SCHEDULES:
        for item in cluster.of(kind, group):
            text = item.text(*path)
            hint = _SIX if fields == 6 else _FIVE
            if "TZ" in text and text.lstrip().startswith(("TZ=", "CRON_TZ=")):
                message = f"'{text}' names a time zone, which the schedule must not."
                yield Mistake(item, path, message, "Use the field timeZone.")
            elif not text.strip() and item.dig(*path) is not None:
                yield Mistake(item, path, "the schedule is empty.", hint)
            elif text:
                yield from _wrong(item, path, text, fields)
    for item in cluster.of("CronJob", "batch"):
        path = ("spec", "timeZone")
        if item.text(*path) == "Local":
            yield Mistake(item, path, "the API server refuses 'Local'.", "Write one such as Etc/UTC.")
        elif zone := unknown_zone(item.text(*path)):
            yield Mistake(item, path, *zone)


def _wrong(item: Object, path: Path, text: str, fields: int) -> Iterator[Mistake]:
    hint = _SIX if fields == 6 else _FIVE
    wrong = cron_mistake(text, fields=fields)
    if wrong and fields == 6 and len(text.split()) == 5:
        hint = f"{_SIX} Put a 0 in front."
    if wrong:
        yield Mistake(item, path, wrong, hint)
    elif text.startswith("@every") and item.kind == "CronJob":
        message = "@every is not documented for a CronJob, and counts from the last run."
        yield Mistake(item, path, message, _FIVE, Severity.WARNING)
    elif text.split()[-5:-3] == ["*", "*"] and item.kind in {"CronJob", "ScheduledBackup", "Schedule"}:
        message = f"'{text}' runs every minute."
        yield Mistake(item, path, message, "Set a minute, or a step such as */15.", Severity.INFO)


@rule("reliability/cron-missed")
def cron_missed(cluster: Cluster) -> Iterator[Mistake]:
    """Find CronJobs whose runs are left out, or pile up."""
    for item in cluster.of("CronJob", "batch"):
        deadline = item.integer("spec", "startingDeadlineSeconds")
        if deadline is not None and deadline < 10:
            message = f"a deadline of {deadline} s: the controller looks every 10 s, so runs are never started."
            yield Mistake(item, ("spec", "startingDeadlineSeconds"), message, "Set 60 s at least.")
        every = interval_seconds(item.text("spec", "schedule"))
        active = item.integer("spec", "jobTemplate", "spec", "activeDeadlineSeconds")
        policy = item.text("spec", "concurrencyPolicy") or "Allow"
        if every is not None and active is not None and active > every and policy == "Allow":
            message = f"a run may last {active} s and one begins every {every} s: runs overlap."
            path = ("spec", "concurrencyPolicy") if "concurrencyPolicy" in item.mapping("spec") else ("spec",)
            yield Mistake(item, path, message, "Set concurrencyPolicy: Forbid.", Severity.WARNING)
        if item.integer("spec", "failedJobsHistoryLimit") == 0:
            message = "failedJobsHistoryLimit 0 keeps no failed run to look into, and alerts on failed jobs never fire."
            path = ("spec", "failedJobsHistoryLimit")
            yield Mistake(item, path, message, "Keep 1 at least.", Severity.WARNING)


@rule("reliability/job-invalid")
def job_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find jobs that the API server refuses, or that cannot end well."""
    bases: tuple[tuple[str, str, Path], ...] = (
        ("Job", "batch", ("spec",)),
        ("CronJob", "batch", ("spec", "jobTemplate", "spec")),
        ("ScaledJob", "keda.sh", ("spec", "jobTargetRef")),
    )
    for kind, group, base in bases:
        for item in cluster.of(kind, group):
            yield from _job(item, base)


def _job(item: Object, base: Path) -> Iterator[Mistake]:
    for name in ("backoffLimit", "activeDeadlineSeconds", "completions", "parallelism", "ttlSecondsAfterFinished"):
        number = item.integer(*base, name)
        if number is not None and number < 0:
            message = f"{name} {number} is below 0; the API server refuses it."
            yield Mistake(item, (*base, name), message, "Set 0 at least.")
    completions, parallel = item.integer(*base, "completions"), item.integer(*base, "parallelism")
    if item.text(*base, "completionMode") == "Indexed" and completions is None:
        message = "an Indexed job needs its number of completions; the API server refuses it."
        yield Mistake(item, (*base, "completionMode"), message, "Set completions.")
    if completions is not None and parallel is not None and 0 <= completions < parallel:
        message = f"{parallel} pods at once for {completions} completions: the others never start."
        yield Mistake(item, (*base, "parallelism"), message, "Lower parallelism.", Severity.WARNING)
    if item.integer(*base, "activeDeadlineSeconds") == 0:
        message = "a job with 0 seconds to run is ended at once."
        yield Mistake(item, (*base, "activeDeadlineSeconds"), message, "Give it the time that it takes.")
    if parallel == 0:
        yield Mistake(item, (*base, "parallelism"), "parallelism 0 starts no pod.", "Set 1.", Severity.WARNING)
