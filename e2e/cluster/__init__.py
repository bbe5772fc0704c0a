"""A real Kubernetes with one node on a plain Linux host, made from package registries: see e2e/README.md."""
