"""The suite that drives a deployed platform, and the cluster it starts where none is named: README.md."""
