"""Restores the newest backup of a schedule into an empty namespace, compares, and removes it again.

Arguments are the kinds to restore (configmaps, services...). Ends with 1 and says why when anything is missing.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

SERVER = os.environ.get("SERVER", "https://kubernetes.default.svc")
ACCOUNT = os.environ.get("ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount")
VELERO, SCHEDULE, NAME = os.environ["VELERO"], os.environ["SCHEDULE"], os.environ["NAME"]
SOURCE, TARGET = os.environ["SOURCE"], os.environ["TARGET"]
OLDEST, PATIENCE = float(os.environ["OLDEST"]), float(os.environ["PATIENCE"])
STEP = float(os.environ.get("STEP", "5"))
# A restore is over in these phases; in any other it goes on.
ENDED = ("Completed", "PartiallyFailed", "Failed", "FailedValidation")


class Failed(Exception):
    pass


def call(method, path, body=None):
    """Return the API server's answer, or None where it has nothing by that name."""
    with open(ACCOUNT + "/token", encoding="ascii") as file:
        headers = dict(Authorization="Bearer " + file.read().strip(), Accept="application/json")
    headers["Content-Type"] = "application/json"
    secure = SERVER.startswith("https")
    context = ssl.create_default_context(cafile=ACCOUNT + "/ca.crt") if secure else None
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(SERVER + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise Failed(method + " " + path + ": " + str(error.code) + " " + error.read(500).decode(errors="replace"))


def velero(kind, rest=""):
    return "/apis/velero.io/v1/namespaces/" + VELERO + "/" + kind + rest


def objects(namespace, kind):
    answer = call("GET", "/api/v1/namespaces/" + namespace + "/" + kind)
    if answer is None:
        raise Failed("there is no namespace " + namespace)
    return [item["metadata"] for item in answer["items"]]


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def newest_backup():
    selector = "?labelSelector=velero.io/schedule-name%3D" + SCHEDULE
    done = [item for item in call("GET", velero("backups", selector))["items"] if item.get("status", dict()).get("phase") == "Completed"]
    if not done:
        raise Failed("schedule " + SCHEDULE + " has no complete backup")
    found = max(done, key=lambda item: item["status"]["startTimestamp"])
    age = (datetime.now(timezone.utc) - moment(found["status"]["startTimestamp"])).total_seconds()
    if age > OLDEST:
        raise Failed("the newest backup, " + found["metadata"]["name"] + ", is " + str(int(age)) + " seconds old")
    return found


def wait_until(what, ask):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(STEP)
    raise Failed("waited " + str(int(PATIENCE)) + " seconds for " + what)


def clean(kinds):
    """Remove the restore and what it made: objects that it did not make have no such label."""
    for kind in kinds:
        call("DELETE", "/api/v1/namespaces/" + TARGET + "/" + kind + "?labelSelector=velero.io/restore-name%3D" + NAME)
    call("DELETE", velero("restores", "/" + NAME))
    wait_until("the old restore to go", lambda: True if call("GET", velero("restores", "/" + NAME)) is None else None)


def restore(backup, kinds):
    spec = dict(
        backupName=backup["metadata"]["name"],
        includedNamespaces=[SOURCE],
        namespaceMapping=dict([(SOURCE, TARGET)]),
        includedResources=kinds,
        includeClusterResources=False,
        restorePVs=False,
    )
    body = dict(apiVersion="velero.io/v1", kind="Restore", metadata=dict(name=NAME, namespace=VELERO), spec=spec)
    call("POST", velero("restores"), body)

    def status():
        found = (call("GET", velero("restores", "/" + NAME)) or dict()).get("status", dict())
        return found if found.get("phase") in ENDED else None

    end = wait_until("the restore to end", status)
    if end["phase"] != "Completed":
        raise Failed("the restore ended as " + end["phase"] + ": " + json.dumps(end)[:2000])


def expected(backup, kind):
    """Names that the backup must hold: there before it began, not left out of backups, and of no owner.

    What has an owner is collected as garbage where its owner is not.
    """
    before = moment(backup["status"]["startTimestamp"])
    return {
        meta["name"]
        for meta in objects(SOURCE, kind)
        if moment(meta["creationTimestamp"]) < before
        and not meta.get("ownerReferences")
        and meta.get("labels", dict()).get("velero.io/exclude-from-backup") != "true"
    }


def compare(backup, kinds):
    total = 0
    for kind in kinds:
        wanted = expected(backup, kind)
        found = {meta["name"] for meta in objects(TARGET, kind)}
        lost = sorted(wanted - found)
        if lost:
            raise Failed(str(len(lost)) + " of " + str(len(wanted)) + " " + kind + " are missing: " + ", ".join(lost[:20]))
        print(kind + ": all " + str(len(wanted)) + " are there")
        total += len(wanted)
    if not total:
        raise Failed("namespace " + SOURCE + " holds nothing to compare: choose another")


def main(kinds):
    clean(kinds)
    backup = newest_backup()
    print("restoring " + backup["metadata"]["name"] + " of " + SOURCE + " into " + TARGET)
    try:
        restore(backup, kinds)
        compare(backup, kinds)
    finally:
        clean(kinds)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit("FAILED: " + str(failure))
