"""From units to the files of a tree: manifests, the Argo CD App-of-Apps, and the README for people."""
