"""Databases, brokers and secret stores that let in more than they should."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

_KAFKA = "kafka.strimzi.io"
_CNPG = "postgresql.cnpg.io"
_ESO = "external-secrets.io"
_OUTSIDE = frozenset(("loadbalancer", "nodeport", "route", "ingress"))


@rule("security/kafka-listener-open")
def kafka_listener_open(cluster: Cluster) -> Iterator[Mistake]:
    """Find listeners of Kafka without TLS towards the outside, or without a log-in."""
    for item in cluster.of("Kafka", _KAFKA):
        for index, listener in item.mappings("spec", "kafka", "listeners"):
            path = ("spec", "kafka", "listeners", index)
            name, kind = values.text(listener, "name"), values.text(listener, "type")
            if kind in _OUTSIDE and listener.get("tls") is not True:
                message = f"Listener {name} ({kind}) is open to the outside without TLS."
                yield Mistake(item, (*path, "tls"), message, "Write tls: true.")
            if not values.mapping(listener, "authentication"):
                message = f"Whoever reaches listener {name} may use it: it asks for no log-in."
                yield Mistake(
                    item, path, message, "Write authentication, of type tls or scram-sha-512.", Severity.WARNING
                )


@rule("security/postgres-open")
def postgres_open(cluster: Cluster) -> Iterator[Mistake]:
    """Find PostgreSQL clusters that let in everybody, or the superuser."""
    for item in cluster.of("Cluster", _CNPG):
        if item.dig("spec", "enableSuperuserAccess") is True:
            message = "The superuser postgres may log in by a password over the network."
            yield Mistake(item, ("spec", "enableSuperuserAccess"), message, "Remove it.", Severity.WARNING)
        for index, line in enumerate(item.strings("spec", "postgresql", "pg_hba")):
            words = line.split()
            path = ("spec", "postgresql", "pg_hba", index)
            if not words or words[0].startswith("#"):
                continue
            if words[-1] == "trust" and words[0] != "local":
                yield Mistake(item, path, "The method trust asks for no password.", "Write scram-sha-256 or cert.")
            elif words[0] in {"host", "hostnossl"} and {"0.0.0.0/0", "::/0", "all"}.intersection(words[3:4]):
                message = "The line lets every address in, without TLS."
                severity = None if words[-1] in {"password", "md5"} else Severity.WARNING
                yield Mistake(item, path, message, "Write hostssl and a network.", severity)
            elif words[-1] in {"password", "md5"}:
                message = f"The method {words[-1]} shows the password, or a hash that is as good."
                yield Mistake(item, path, message, "Write scram-sha-256.", Severity.WARNING)


@rule("security/store-without-tls", Severity.WARNING)
def store_without_tls(cluster: Cluster) -> Iterator[Mistake]:
    """Find Elasticsearch, Kibana and RabbitMQ that speak plain text."""
    for kind in ("Elasticsearch", "Kibana"):
        for item in cluster.of(kind):
            path: values.Path = ("spec", "http", "tls", "selfSignedCertificate", "disabled")
            if item.dig(*path) is True and not item.dig("spec", "http", "tls", "certificate"):
                public = item.text("spec", "http", "service", "spec", "type") in {"LoadBalancer", "NodePort"}
                severity = Severity.ERROR if public else None
                yield Mistake(item, path, f"{kind} speaks plain text.", "Remove disabled.", severity)
    for item in cluster.of("RabbitmqCluster", "rabbitmq.com"):
        kind = item.text("spec", "service", "type")
        if kind in {"LoadBalancer", "NodePort"} and not item.text("spec", "tls", "secretName"):
            message = "The broker is open to the outside without TLS."
            hint = "Write tls with a secretName, or type: ClusterIP."
            yield Mistake(item, ("spec", "service", "type"), message, hint, Severity.ERROR)


@rule("security/external-secret-risky", Severity.WARNING)
def external_secret_risky(cluster: Cluster) -> Iterator[Mistake]:
    """Find ExternalSecrets that go stale, or take the Secret away with them."""
    for item in cluster.of("ExternalSecret", _ESO):
        interval = item.dig("spec", "refreshInterval")
        if interval == 0 or (isinstance(interval, str) and re.fullmatch(r"0+(?:\.0+)?[a-zµ]*", interval)):
            message = "The Secret is read once: what is changed in the store never arrives."
            yield Mistake(item, ("spec", "refreshInterval"), message, "Write an interval, such as 1h.")
        if item.text("spec", "target", "deletionPolicy") == "Delete":
            message = "When the entry in the store is gone, the Secret is deleted under running pods."
            yield Mistake(item, ("spec", "target", "deletionPolicy"), message, "Write Retain.")
        if item.text("spec", "target", "creationPolicy") == "Merge":
            name = item.text("spec", "target", "name") or item.name
            others = [
                other
                for other in cluster.of("ExternalSecret", _ESO)
                if other is not item
                and other.namespace == item.namespace
                and (other.text("spec", "target", "name") or other.name) == name
            ]
            if cluster.get("", "Secret", item.namespace, name) is None and not others:
                message = f"Merge adds to a Secret that is there, and nothing in the tree makes Secret {name}."
                yield Mistake(
                    item, ("spec", "target", "creationPolicy"), message, "Write Owner, unless it is made by hand."
                )


@rule("security/secret-store-for-all", Severity.WARNING)
def secret_store_for_all(cluster: Cluster) -> Iterator[Mistake]:
    """Find stores that every namespace may read from."""
    for item in cluster.of("ClusterSecretStore", _ESO):
        if item.mapping("spec") and not item.dig("spec", "conditions"):
            message = "Every namespace may read every secret of this store."
            yield Mistake(item, ("spec",), message, "Name the namespaces under conditions.")


_FLAGS = re.compile(
    r"--(?:insecure(?:[-_](?:skip[-_])?(?:tls|verify)[\w-]*)?|insecure-skip-tls-verify|disable[-_]auth(?:entication)?|"
    r"no[-_]auth|skip[-_]auth|auth[-_]mode=none|authorization-mode=AlwaysAllow|anonymous-auth(?:=true)?|"
    r"tls[-_](?:skip[-_]verify|insecure)|skip[-_]tls[-_]verify|allow[-_]anonymous|enable-skip-login|"
    r"disable[-_](?:tls|ssl|security))(?:=(?:true|1|yes|on|none))?"
)
_VARIABLES = {
    ("GF_AUTH_ANONYMOUS_ENABLED", "true"): "everybody may use Grafana without logging in",
    ("GF_AUTH_ANONYMOUS_ORG_ROLE", "admin"): "everybody is administrator of Grafana",
    ("NODE_TLS_REJECT_UNAUTHORIZED", "0"): "Node.js verifies no certificate",
    ("PYTHONHTTPSVERIFY", "0"): "Python verifies no certificate",
    ("ALLOW_EMPTY_PASSWORD", "yes"): "everybody may log in without a password",
    ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"): "root needs no password",
    ("MYSQL_ALLOW_EMPTY_PASSWORD", "true"): "root needs no password",
    ("POSTGRES_HOST_AUTH_METHOD", "trust"): "everybody may log in without a password",
    ("xpack.security.enabled", "false"): "everybody may use Elasticsearch",
    ("DISABLE_SECURITY_PLUGIN", "true"): "everybody may use OpenSearch",
    ("ALLOW_ANONYMOUS_LOGIN", "yes"): "everybody may log in",
    ("ALLOW_PLAINTEXT_LISTENER", "yes"): "the broker takes plain text",
    ("GIT_SSL_NO_VERIFY", "true"): "Git verifies no certificate",
    ("VAULT_SKIP_VERIFY", "true"): "the certificate of Vault is not verified",
}


@rule("security/protection-switched-off", Severity.WARNING)
def protection_switched_off(cluster: Cluster) -> Iterator[Mistake]:
    """Find flags and variables that switch off authentication or the look at certificates."""
    for pod in cluster.templates():
        for path, container in pod.containers():
            for field in ("command", "args"):
                for index, word in enumerate(values.items(container, field)):
                    found = _FLAGS.search(word) if isinstance(word, str) and "--" in word else None
                    if found and found.end() in {len(word), *(place.start() for place in re.finditer(r"\s", word))}:
                        message = f"{found[0]} switches a protection off."
                        yield Mistake(pod.object, (*path, field, index), message, "Remove the flag.")
            for index, variable in values.mappings(container, "env"):
                name, value = values.text(variable, "name"), values.text(variable, "value").lower()
                meaning = _VARIABLES.get((name, value))
                if meaning:
                    message = f"With {name} {meaning}."
                    yield Mistake(pod.object, (*path, "env", index, "value"), message, f"Remove {name}.")
