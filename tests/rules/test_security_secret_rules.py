"""What counts as a secret in clear text, and all that only looks like one."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check
from generator.rules.security.secret_values import known_form

RANDOM = "kL9vQ2mX7p" + "Zr4T"


def _found(root: Path, text: str, rule: str = "security/literal-secret") -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(rule)])


def _pod(entry: str) -> str:
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n"
        f"    - name: web\n      image: registry.example.com/web:1\n      {entry}\n"
    )


def _env(name: str, value: str) -> str:
    return _pod(f"env: [{{name: {name}, value: '{value}'}}]")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("AKIA" + "IOSFODNN7EXAMPLE", "AWS"),
        ("ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "GitHub"),
        ("glpat-" + "abcdEFGH1234ijklMNOP", "GitLab"),
        ("xoxb-" + "123456789012-abcdefABCDEF", "Slack"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "Stripe"),
        ("sk-proj-" + "abcdEFGH1234ijklMNOP5678", "model provider"),
        ("npm_" + "abcdefghijABCDEFGHIJ0123456789abcdef", "package registry"),
        ("eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "JSON web token"),
        ("-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE", "private key"),
        ("postgres://app:" + RANDOM + "@db.shop:5432/app", "address with a password"),
        ("redis://:" + RANDOM + "@redis:6379", "address with a password"),
        ("Server=db;User Id=sa;Password=" + RANDOM + ";", "connection string"),
        ("Authorization: Bearer " + RANDOM + RANDOM, "authorization header"),
    ],
)
def test_a_value_of_a_known_form_is_a_secret(value: str, what: str) -> None:
    assert what in known_form(value)


@pytest.mark.parametrize(
    "value",
    [
        "sha256:8b1e7a5c0d2f4e6a9b3c7d1e5f0a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a",
        "registry.example.com/shop/web@sha256:8b1e7a5c0d2f4e6a9b3c7d1e5f0a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a",
        "123e4567-e89b-12d3-a456-426614174000",
        "arn:aws:iam::123456789012:role/web",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:web-AbCdEf",
        "https://user@example.com/path",
        "https://example.com:8443/a@b",
        "postgres://app:$(DB_PASSWORD)@db:5432/app",
        "postgres://app:${DB_PASSWORD}@db:5432/app",
        "postgres://app:<password>@db:5432/app",
        "-----BEGIN CERTIFICATE-----\nMIIE",
        "-----BEGIN PUBLIC KEY-----\nMIIE",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPublicKeyOfSomebody me@example.com",
        "Bearer token",
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
    ],
)
def test_what_only_looks_like_a_secret_is_none(value: str) -> None:
    assert known_form(value) == ""


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "dbPassword", "API_KEY", "STRIPE_SECRET_KEY", "AUTH_TOKEN", "clientSecret", "REDIS_PASSWD"]
)
def test_a_random_value_under_a_name_of_a_secret_is_one(name: str, tmp_path: Path) -> None:
    (problem,) = _found(tmp_path, _env(name, RANDOM))
    assert problem.severity is Severity.ERROR
    assert RANDOM not in problem.text()
    assert problem.path.endswith("env[0].value")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", "$(OTHER)"),
        ("DB_PASSWORD", "${OTHER}"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "vault:secret/data/db#password"),
        ("TOKEN_URL", "https://id.example.com/oauth/token"),
        ("OAUTH_TOKEN", "https://id.example.com/oauth/token"),
        ("TOKEN_TTL_SECONDS", "3600"),
        ("MAX_TOKENS", "4096"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("SECRET_NAME", "web-database-Ab12Cd34Ef"),
        ("CREDENTIALS_SECRET", "web-database"),
        ("AWS_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
        ("PUBLIC_KEY", RANDOM),
        ("IMAGE_DIGEST", "8b1e7a5c0d2f4e6a9b3c7d1e5f0a2b4c6d8e0f1a"),
        ("SESSION_ID", "123e4567-e89b-12d3-a456-426614174000"),
        ("PRIMARY_KEY", "order_id"),
        ("PASSWORD_HASH_ALGORITHM", "argon2id"),
        ("KEY", "value-of-something-1234"),
    ],
)
def test_settings_about_secrets_are_no_secrets(name: str, value: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _env(name, value)) == ()


@pytest.mark.parametrize(
    ("name", "value", "severity"),
    [
        ("DB_PASSWORD", "changeme", Severity.WARNING),
        ("DB_PASSWORD", "password", Severity.WARNING),
        ("DB_PASSWORD", "correct-horse-battery", Severity.WARNING),
        ("DB_PASSWORD", "hunter2", Severity.ERROR),
        ("JWT_SECRET", "my-super-secret-jwt-key", Severity.ERROR),
    ],
)
def test_a_password_that_anybody_guesses_is_found(name: str, value: str, severity: Severity, tmp_path: Path) -> None:
    assert [item.severity for item in _found(tmp_path, _env(name, value))] == [severity]


@pytest.mark.parametrize(
    "entry",
    [
        f"args: ['--db-password={RANDOM}']",
        f"args: ['--db-password', '{RANDOM}']",
        f"command: [sh, -c, 'export API_KEY={RANDOM}; exec web']",
    ],
)
def test_secrets_in_arguments_are_found(entry: str, tmp_path: Path) -> None:
    (problem,) = _found(tmp_path, _pod(entry))
    assert RANDOM not in problem.text()


@pytest.mark.parametrize("entry", ["args: ['--db-password=$(DB_PASSWORD)']", "args: ['--password-file', /run/db]"])
def test_arguments_that_refer_to_secrets_are_fine(entry: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _pod(entry)) == ()


def _config_map(data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web, namespace: shop}}\ndata:\n  {data}\n"


@pytest.mark.parametrize(
    "data",
    [
        f"DB_PASSWORD: {RANDOM}",
        f"app.properties: |\n    db.user=web\n    db.password={RANDOM}",
        f"app.yaml: |\n    database:\n      password: {RANDOM}",
        f"redis.conf: |\n    maxmemory 1gb\n    requirepass {RANDOM}",
    ],
)
def test_secrets_in_config_maps_are_found(data: str, tmp_path: Path) -> None:
    assert len(_found(tmp_path, _config_map(data))) == 1


@pytest.mark.parametrize(
    "data",
    [
        "prometheus.yml: |\n    basic_auth:\n      username: x\n      password_file: /etc/p\n    bearer_token_file: /t",
        "app.yaml: |\n    password: ${DB_PASSWORD}\n    # password: " + RANDOM + "\n    token: ''",
        "app.py: |\n    password = os.environ['DB_PASSWORD']\n    token = get_token(request)",
        'schema.json: |\n    {"password": {"type": "string"},\n    "token": "string"}',
        "CHECKSUM: 8b1e7a5c0d2f4e6a9b3c7d1e5f0a2b4c6d8e0f1a3b5c7d9e",
    ],
)
def test_config_maps_that_refer_to_secrets_are_fine(data: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _config_map(data)) == ()


def test_helm_values_of_an_application_are_looked_at(tmp_path: Path) -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: db, namespace: argocd}\nspec:\n"
        f"  source:\n    helm:\n      valuesObject: {{auth: {{postgresPassword: {RANDOM}}}}}\n"
        "      parameters: [{name: auth.existingSecret, value: db-auth}]\n"
    )
    assert len(_found(tmp_path, text)) == 1


def test_the_name_of_a_secret_in_the_tree_is_no_secret(tmp_path: Path) -> None:
    secret = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: Ab12Cd34Ef, namespace: shop}\n"  # noqa: S105
    assert _found(tmp_path, f"{secret}---\n{_env('AUTH_TOKEN', 'Ab12Cd34Ef')}") == ()


def _secret(rest: str) -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: web, namespace: shop}}\n{rest}\n"


@pytest.mark.parametrize(
    "rest",
    [
        "data: {}",
        "stringData: {password: ''}",
        "stringData: {password: '<path:secret/data/web#password>'}",
        "stringData: {password: changeme}",
        "stringData: {username: web, host: db.shop}",
        "type: kubernetes.io/service-account-token",
        "type: kubernetes.io/tls\ndata: {tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t, tls.key: ''}",
        "stringData: {password: 'ENC[AES256_GCM,data:abc]'}\nsops: {version: 3.9.0}",
        "stringData: {prometheus.yaml: 'scrape_configs: []'}",
    ],
)
def test_secrets_without_a_secret_may_be_committed(rest: str, tmp_path: Path) -> None:
    assert _found(tmp_path, _secret(rest), "security/committed-secret") == ()


@pytest.mark.parametrize("rest", [f"stringData: {{password: {RANDOM}}}", "data: {token: a0w5dlEybVg3cA==}"])
def test_committed_secrets_are_found_and_not_shown(rest: str, tmp_path: Path) -> None:
    (problem,) = _found(tmp_path, _secret(rest), "security/committed-secret")
    assert RANDOM not in problem.text()


def test_a_repository_of_argo_cd_without_credentials_is_fine(tmp_path: Path) -> None:
    head = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: r\n  labels: {argocd.argoproj.io/secret-type: repository}\n"
    )
    plain = f"{head}stringData: {{type: git, url: 'https://git.example.com/x.git'}}\n"
    assert _found(tmp_path / "a", plain, "security/committed-secret") == ()
    assert _found(tmp_path / "b", f"{plain[:-2]}, password: {RANDOM}}}\n", "security/committed-secret")
