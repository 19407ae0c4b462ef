"""Where custom resources refer to Secrets and ConfigMaps: "path.to.name[:key][@namespace]", "*" for every item."""

from collections.abc import Iterator, Mapping

_MONITORING = "monitoring.coreos.com"
_STRIMZI = "kafka.strimzi.io"
_CNPG = "postgresql.cnpg.io"
_ESO = "external-secrets.io"
_ECK = "k8s.elastic.co"


def _endpoint(base: str, kind: str) -> Iterator[str]:
    """Yield where a scrape endpoint (or a remote write) of Prometheus Operator names its credentials."""
    words = {"Secret": ("secret",), "ConfigMap": ("configMap",)}[kind]
    for word in words:
        yield f"{base}tlsConfig.ca.{word}.name:key"
        yield f"{base}tlsConfig.cert.{word}.name:key"
        yield f"{base}oauth2.clientId.{word}.name:key"
    if kind == "Secret":
        yield f"{base}tlsConfig.keySecret.name:key"
        yield f"{base}oauth2.clientSecret.name:key"
        yield f"{base}basicAuth.username.name:key"
        yield f"{base}basicAuth.password.name:key"
        yield f"{base}bearerTokenSecret.name:key"
        yield f"{base}authorization.credentials.name:key"
        yield f"{base}sigv4.accessKey.name:key"
        yield f"{base}sigv4.secretKey.name:key"


def _containers(base: str, kind: str) -> Iterator[str]:
    """Yield where containers and their environment inside a custom resource name what they need."""
    word = {"Secret": "secret", "ConfigMap": "configMap"}[kind]
    yield f"{base}env.*.valueFrom.{word}KeyRef.name:key"
    yield f"{base}envFrom.*.{word}Ref.name"


def _s3(base: str) -> Iterator[str]:
    for key in ("accessKeyId", "secretAccessKey", "sessionToken", "region"):
        yield f"{base}s3Credentials.{key}.name:key"
    for key in ("connectionString", "storageAccount", "storageKey", "storageSasToken"):
        yield f"{base}azureCredentials.{key}.name:key"
    yield f"{base}googleCredentials.applicationCredentials.name:key"
    yield f"{base}endpointCA.name:key"


_LOG_INS = (
    "spec.authentication.passwordSecret.secretName:password",
    "spec.authentication.certificateAndKey.secretName:certificate",
    "spec.authentication.clientSecret.secretName:key",
    "spec.tls.trustedCertificates.*.secretName:certificate",
)
_STORES = tuple(
    f"spec.provider.{path}@namespace"
    for path in (
        "aws.auth.secretRef.accessKeyIDSecretRef.name:key", "aws.auth.secretRef.secretAccessKeySecretRef.name:key",
        "aws.auth.secretRef.sessionTokenSecretRef.name:key", "gcpsm.auth.secretRef.secretAccessKeySecretRef.name:key",
        "vault.auth.tokenSecretRef.name:key", "vault.auth.appRole.secretRef.name:key",
        "vault.auth.appRole.roleRef.name:key", "vault.auth.kubernetes.secretRef.name:key",
        "vault.auth.userPass.secretRef.name:key", "vault.auth.jwt.secretRef.name:key",
        "azurekv.authSecretRef.clientId.name:key", "azurekv.authSecretRef.clientSecret.name:key",
        "doppler.auth.secretRef.dopplerToken.name:key", "gitlab.auth.SecretRef.accessToken.name:key",
        "onepassword.auth.secretRef.connectTokenSecretRef.name:key", "akeyless.authSecretRef.secretRef.accessID.name",
        "kubernetes.auth.token.bearerToken.name:key", "kubernetes.auth.cert.clientCert.name:key",
        "infisical.auth.universalAuthCredentials.clientId.name:key",
        "infisical.auth.universalAuthCredentials.clientSecret.name:key",
    )
)  # fmt: skip

SECRETS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "ServiceAccount"): ("imagePullSecrets.*.name",),
    ("", "PersistentVolume"): (
        "spec.csi.nodeStageSecretRef.name@namespace", "spec.csi.nodePublishSecretRef.name@namespace",
        "spec.csi.controllerPublishSecretRef.name@namespace", "spec.csi.nodeExpandSecretRef.name@namespace",
        "spec.csi.controllerExpandSecretRef.name@namespace",
    ),
    ("networking.k8s.io", "Ingress"): ("spec.tls.*.secretName",),
    ("keda.sh", "TriggerAuthentication"): (
        "spec.secretTargetRef.*.name:key",
        "spec.azureKeyVault.credentials.clientSecret.valueFrom.secretKeyRef.name:key",
    ),
    ("cert-manager.io", "Issuer"): (
        "spec.ca.secretName", "spec.vault.auth.tokenSecretRef.name:key", "spec.vault.auth.appRole.secretRef.name:key",
        "spec.vault.auth.kubernetes.secretRef.name:key", "spec.acme.externalAccountBinding.keySecretRef.name:key",
        "spec.acme.solvers.*.dns01.cloudflare.apiTokenSecretRef.name:key",
        "spec.acme.solvers.*.dns01.cloudflare.apiKeySecretRef.name:key",
        "spec.acme.solvers.*.dns01.route53.secretAccessKeySecretRef.name:key",
        "spec.acme.solvers.*.dns01.route53.accessKeyIDSecretRef.name:key",
        "spec.acme.solvers.*.dns01.cloudDNS.serviceAccountSecretRef.name:key",
        "spec.acme.solvers.*.dns01.azureDNS.clientSecretSecretRef.name:key",
        "spec.acme.solvers.*.dns01.digitalocean.tokenSecretRef.name:key",
        "spec.acme.solvers.*.dns01.rfc2136.tsigSecretSecretRef.name:key",
        "spec.acme.solvers.*.dns01.akamai.clientSecretSecretRef.name:key",
        "spec.acme.solvers.*.dns01.acmeDNS.accountSecretRef.name:key",
    ),
    ("cert-manager.io", "Certificate"): (
        "spec.keystores.jks.passwordSecretRef.name:key", "spec.keystores.pkcs12.passwordSecretRef.name:key",
    ),
    (_ESO, "SecretStore"): tuple(entry.removesuffix("@namespace") for entry in _STORES),
    (_ESO, "ClusterSecretStore"): _STORES,
    (_ESO, "PushSecret"): ("spec.selector.secret.name",),
    (_MONITORING, "ServiceMonitor"): tuple(_endpoint("spec.endpoints.*.", "Secret")),
    (_MONITORING, "PodMonitor"): tuple(_endpoint("spec.podMetricsEndpoints.*.", "Secret")),
    (_MONITORING, "Probe"): tuple(_endpoint("spec.", "Secret")),
    (_MONITORING, "ScrapeConfig"): tuple(_endpoint("spec.", "Secret")),
    (_MONITORING, "Prometheus"): (
        *_endpoint("spec.remoteWrite.*.", "Secret"), *_endpoint("spec.remoteRead.*.", "Secret"),
        "spec.additionalScrapeConfigs.name:key", "spec.additionalAlertManagerConfigs.name:key",
        "spec.additionalAlertRelabelConfigs.name:key", "spec.thanos.objectStorageConfig.name:key",
        "spec.imagePullSecrets.*.name",
    ),
    (_MONITORING, "ThanosRuler"): ("spec.objectStorageConfig.name:key", "spec.alertmanagersConfig.name:key"),
    (_MONITORING, "Alertmanager"): ("spec.configSecret", "spec.imagePullSecrets.*.name"),
    (_MONITORING, "AlertmanagerConfig"): (
        "spec.receivers.*.slackConfigs.*.apiURL.name:key", "spec.receivers.*.pagerdutyConfigs.*.routingKey.name:key",
        "spec.receivers.*.pagerdutyConfigs.*.serviceKey.name:key", "spec.receivers.*.opsgenieConfigs.*.apiKey.name:key",
        "spec.receivers.*.webhookConfigs.*.urlSecret.name:key", "spec.receivers.*.emailConfigs.*.authPassword.name:key",
        "spec.receivers.*.victoropsConfigs.*.apiKey.name:key", "spec.receivers.*.telegramConfigs.*.botToken.name:key",
        "spec.receivers.*.discordConfigs.*.apiURL.name:key", "spec.receivers.*.msteamsConfigs.*.webhookUrl.name:key",
        "spec.receivers.*.pushoverConfigs.*.userKey.name:key", "spec.receivers.*.pushoverConfigs.*.token.name:key",
    ),
    (_CNPG, "Cluster"): (
        "spec.superuserSecret.name", "spec.bootstrap.initdb.secret.name", "spec.bootstrap.recovery.secret.name",
        "spec.bootstrap.pg_basebackup.secret.name", "spec.managed.roles.*.passwordSecret.name",
        "spec.imagePullSecrets.*.name", "spec.externalClusters.*.password.name:key",
        "spec.externalClusters.*.sslCert.name:key", "spec.externalClusters.*.sslKey.name:key",
        "spec.externalClusters.*.sslRootCert.name:key", "spec.certificates.serverTLSSecret",
        "spec.certificates.serverCASecret", "spec.certificates.clientCASecret",
        "spec.certificates.replicationTLSSecret", "spec.monitoring.customQueriesSecret.*.name:key",
        "spec.bootstrap.initdb.postInitSQLRefs.secretRefs.*.name:key",
        "spec.bootstrap.initdb.postInitApplicationSQLRefs.secretRefs.*.name:key",
        *_s3("spec.backup.barmanObjectStore."), *_s3("spec.externalClusters.*.barmanObjectStore."),
        *_containers("spec.", "Secret"),
    ),
    (_CNPG, "Pooler"): ("spec.pgbouncer.authQuerySecret.name",),
    ("barmancloud.cnpg.io", "ObjectStore"): tuple(_s3("spec.configuration.")),
    (_STRIMZI, "KafkaConnect"): _LOG_INS,
    (_STRIMZI, "KafkaBridge"): _LOG_INS,
    (_STRIMZI, "KafkaUser"): ("spec.authentication.password.valueFrom.secretKeyRef.name:key",),
    (_STRIMZI, "Kafka"): (
        "spec.kafka.listeners.*.configuration.brokerCertChainAndKey.secretName:certificate",
        "spec.kafka.listeners.*.authentication.clientSecret.secretName:key",
        "spec.kafka.listeners.*.authentication.tlsTrustedCertificates.*.secretName:certificate",
    ),
    (_STRIMZI, "KafkaMirrorMaker2"): (
        "spec.clusters.*.authentication.passwordSecret.secretName:password",
        "spec.clusters.*.authentication.certificateAndKey.secretName:certificate",
        "spec.clusters.*.tls.trustedCertificates.*.secretName:certificate",
    ),
    ("rabbitmq.com", "RabbitmqCluster"): (
        "spec.tls.secretName", "spec.tls.caSecretName", "spec.imagePullSecrets.*.name",
        "spec.secretBackend.externalSecret.name",
    ),
    ("rabbitmq.com", "User"): ("spec.importCredentialsSecret.name",),
    (f"elasticsearch.{_ECK}", "Elasticsearch"): (
        "spec.secureSettings.*.secretName", "spec.auth.fileRealm.*.secretName", "spec.auth.roles.*.secretName",
        "spec.http.tls.certificate.secretName",
    ),
    (f"kibana.{_ECK}", "Kibana"): ("spec.secureSettings.*.secretName", "spec.http.tls.certificate.secretName"),
    ("velero.io", "BackupStorageLocation"): ("spec.credential.name:key", "spec.objectStorage.caCertRef.name:key"),
    ("velero.io", "VolumeSnapshotLocation"): ("spec.credential.name:key",),
    ("source.toolkit.fluxcd.io", "GitRepository"): ("spec.secretRef.name",),
    ("source.toolkit.fluxcd.io", "HelmRepository"): ("spec.secretRef.name",),
    ("grafana.integreatly.org", "GrafanaDatasource"): ("spec.valuesFrom.*.valueFrom.secretKeyRef.name:key",),
    ("argoproj.io", "AnalysisTemplate"): ("spec.args.*.valueFrom.secretKeyRef.name:key",),
    ("minio.min.io", "Tenant"): ("spec.configuration.name", "spec.users.*.name", "spec.credsSecret.name"),
    ("traefik.io", "IngressRoute"): ("spec.tls.secretName",),
}  # fmt: skip
"""(group, kind) → the Secrets that it refers to. Sources: the CRDs of the operators."""

CONFIG_MAPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("keda.sh", "TriggerAuthentication"): ("spec.configMapTargetRef.*.name:key",),
    (_MONITORING, "ServiceMonitor"): tuple(_endpoint("spec.endpoints.*.", "ConfigMap")),
    (_MONITORING, "PodMonitor"): tuple(_endpoint("spec.podMetricsEndpoints.*.", "ConfigMap")),
    (_MONITORING, "Probe"): tuple(_endpoint("spec.", "ConfigMap")),
    (_ESO, "ExternalSecret"): ("spec.target.template.templateFrom.*.configMap.name",),
    (_CNPG, "Cluster"): (
        "spec.monitoring.customQueriesConfigMap.*.name:key",
        "spec.bootstrap.initdb.postInitSQLRefs.configMapRefs.*.name:key",
        "spec.bootstrap.initdb.postInitApplicationSQLRefs.configMapRefs.*.name:key",
        *_containers("spec.", "ConfigMap"),
    ),
    **{
        (_STRIMZI, kind): tuple(
            f"spec.{part}{section}.valueFrom.configMapKeyRef.name:key"
            for part in parts for section in ("metricsConfig", "logging")
        )
        for kind, parts in {
            "Kafka": (
                "kafka.",
                "cruiseControl.",
                "entityOperator.topicOperator.", "entityOperator.userOperator.", "zookeeper.",
            ),
            "KafkaConnect": ("",), "KafkaMirrorMaker2": ("",), "KafkaBridge": ("",),
        }.items()
    },
    ("grafana.integreatly.org", "GrafanaDashboard"): ("spec.configMapRef.name:key",),
}  # fmt: skip
"""(group, kind) → the ConfigMaps that it refers to."""
