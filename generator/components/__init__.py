"""The catalogue of components: folders under `templates/` of the project and of a workspace."""
