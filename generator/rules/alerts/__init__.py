"""Rules on Prometheus rules: alerts that can fire, and do not fire always."""
