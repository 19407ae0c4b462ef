"""Rules on what may be done and reached: pods, RBAC, secrets, images, policies, exposure."""
