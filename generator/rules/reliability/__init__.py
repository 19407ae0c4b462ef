"""Rules on what keeps a platform up: budgets, probes, scaling, rollouts, backups."""
