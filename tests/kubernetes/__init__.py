"""The manifests of ``deploy/kubernetes``, rendered and checked; no cluster is needed, and none is seen."""
