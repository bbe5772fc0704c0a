"""Operations on a cluster: rolling back to Phase IV and forward again, isolating a component, asking how all is.

cli/ops.py reads the command line. `kubernetes` is imported by cluster.py alone, and only when it is used.
"""
