#!/bin/sh
# Installs Dapr's control plane for TaskFlow, unless it is there: `platform/dapr/install.sh [CONTEXT]` (kubectl's current
# context without one). The newest patch of the line below, with Helm; with Dapr's own command, which knows no ranges, the
# oldest that will do, or what DAPR_VERSION says. Says how to get one of the two where neither is there.
set -eu
cd "$(dirname "$0")"
oldest=1.17.5
context=${1:-$(kubectl config current-context)}
injector() { kubectl --context "$context" --namespace dapr-system get deployment dapr-sidecar-injector --output "$@"; }
upgrade() {
  echo "Upgrade it: helm upgrade dapr dapr --repo https://dapr.github.io/helm-charts --version '~$oldest' \\" >&2
  echo "  --kube-context $context --namespace dapr-system --reset-then-reuse-values --values platform/dapr/helm-values.yaml" >&2
  exit 1
}

if injector name >/dev/null 2>&1; then
  # The label says it also where images come from a registry of one's own, under tags of its own.
  found=$(injector 'jsonpath={.metadata.labels.app\.kubernetes\.io/version}')
  # No number ("edge"): somebody's own build, and their own business.
  case $found in
    [0-9]*.[0-9]*.[0-9]*)
      if [ "$(printf '%s\n' "$oldest" "$found" | sort -V | head -n 1)" != "$oldest" ]; then
        echo "Dapr $found is installed; TaskFlow needs $oldest or newer." >&2
        upgrade
      fi
      ;;
  esac
  env='{.spec.template.spec.containers[0].env[?(@.name=="SIDECAR_DROP_ALL_CAPABILITIES")].value}'
  if [ "$(injector "jsonpath=$env")" != true ]; then
    echo "Dapr is installed, but its sidecars keep capabilities: the namespace taskflow would refuse them." >&2
    upgrade
  fi
elif command -v helm >/dev/null; then
  helm upgrade --install dapr dapr --repo https://dapr.github.io/helm-charts --version "~$oldest" \
    --kube-context "$context" --namespace dapr-system --create-namespace --values helm-values.yaml --wait
elif command -v dapr >/dev/null; then
  # It has no option for a context.
  if [ "$context" != "$(kubectl config current-context)" ]; then
    echo "dapr installs into kubectl's current context only: kubectl config use-context $context" >&2
    exit 1
  fi
  dapr init --kubernetes --runtime-version "${DAPR_VERSION:-$oldest}" --wait \
    --set global.actors.enabled=false --set global.scheduler.enabled=false \
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
