#!/bin/sh
# Installs Dapr's control plane for TaskFlow, unless it is there: `platform/dapr/install.sh [CONTEXT]` (kubectl's current
# context without one). With Helm, or with Dapr's own command; says how to get one where neither is there.
set -eu
cd "$(dirname "$0")"
version=1.16.0
context=${1:-$(kubectl config current-context)}
injector() { kubectl --context "$context" --namespace dapr-system get deployment dapr-sidecar-injector --output "$@"; }

if injector name >/dev/null 2>&1; then
  env='{.spec.template.spec.containers[0].env[?(@.name=="SIDECAR_DROP_ALL_CAPABILITIES")].value}'
  if [ "$(injector "jsonpath=$env")" != true ]; then
    echo "Dapr is installed, but its sidecars keep capabilities: the namespace taskflow would refuse them." >&2
    echo "Upgrade it: helm upgrade dapr dapr --repo https://dapr.github.io/helm-charts --version $version \\" >&2
    echo "  --namespace dapr-system --reuse-values --set dapr_sidecar_injector.sidecarDropALLCapabilities=true" >&2
    exit 1
  fi
elif command -v helm >/dev/null; then
  helm upgrade --install dapr dapr --repo https://dapr.github.io/helm-charts --version "$version" \
    --kube-context "$context" --namespace dapr-system --create-namespace --values helm-values.yaml --wait
elif command -v dapr >/dev/null; then
  # It has no option for a context.
  if [ "$context" != "$(kubectl config current-context)" ]; then
    echo "dapr installs into kubectl's current context only: kubectl config use-context $context" >&2
    exit 1
  fi
  dapr init --kubernetes --runtime-version "$version" --wait --set global.actors.enabled=false \
    --set dapr_sidecar_injector.sidecarDropALLCapabilities=true --set dapr_operator.watchInterval=1m
else
  echo "Dapr is not installed in $context, and neither helm nor dapr is here to install it." >&2
  echo "Get one: https://helm.sh/docs/intro/install or https://docs.dapr.io/getting-started/install-dapr-cli" >&2
  exit 1
fi
for deployment in dapr-operator dapr-sentry dapr-sidecar-injector; do
  kubectl --context "$context" --namespace dapr-system rollout status "deployment/$deployment" --timeout=180s
done
kubectl --context "$context" wait --for=condition=Established --timeout=60s \
  crd/components.dapr.io crd/subscriptions.dapr.io crd/configurations.dapr.io crd/resiliencies.dapr.io
