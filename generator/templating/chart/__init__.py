"""A component's templates as a Helm chart's: one text for all regions, and the values by which regions differ."""
