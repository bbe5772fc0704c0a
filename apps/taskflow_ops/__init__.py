"""Operations on a cluster: rolling back to Phase IV and forward again, isolating a component, asking how all is.

taskflow_cli/ops.py reads the command line. Only client.py and streams.py import `kubernetes`, and only when used.
"""
