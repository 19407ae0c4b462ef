"""A report as text for people, as JSON, SARIF and JUnit for machines."""
