"""Rules about Grafana dashboards that lie in ConfigMaps."""
