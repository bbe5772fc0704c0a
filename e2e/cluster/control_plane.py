"""etcd, the API server, the controllers, the scheduler, kube-proxy, kube-router and the kubelet of the one node.

Everything listens on the node's own address with certificates of the cluster's authority: no port of the host's is
taken, and nothing is open without a certificate.
"""

import base64
import json
import platform
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from e2e.cluster import builds, containers, packet_filter
from e2e.cluster.certificates import Authority
from e2e.cluster.commands import run
from e2e.cluster.daemons import Daemon
from e2e.cluster.workspace import (
    API_ADDRESS,
    API_URL,
    DNS_ADDRESS,
    NODE,
    NODE_ADDRESS,
    POD_RANGE,
    SERVICE_RANGE,
    Workspace,
)

START_SECONDS: Final = 90.0
_DAEMONS: Final = (
    "kubelet",
    "kube-router",
    "kube-proxy",
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
)
"""In the order in which they are stopped."""
_NETWORK_POLICIES: Final = Path(__file__).parent / "manifests" / "network-policies.yaml"


def start(workspace: Workspace) -> None:
    """Starts a cluster without any state of a former one and returns once its node is ready. Raises ClusterError."""
    shutil.rmtree(workspace.state, ignore_errors=True)
    workspace.state.mkdir(parents=True, mode=0o711)
    _certificates(workspace.state / "pki")
    for user in ("admin", "controller-manager", "scheduler", "proxy", "network-policies", "kubelet"):
        _kubeconfig(workspace, user)
    _etcd(workspace)
    _api_server(workspace)
    _controllers(workspace)
    _proxy(workspace)
    _kubelet(workspace)


def wait_ready(workspace: Workspace) -> None:
    """Returns once the node is ready and the default service account is there. Raises ClusterError."""
    node = f"node/{NODE}"
    for what, condition in ((node, "create"), (node, "condition=Ready"), ("serviceaccount/default", "create")):
        kubectl(workspace, "wait", what, f"--for={condition}", "--timeout=90s", within=100)


def enforce_network_policies(workspace: Workspace) -> None:
    """Starts what enforces NetworkPolicies, and returns once it is at work. The node must be there.

    kube-router's controller, on the host as kube-proxy is: none of Debian's CNI plugins enforces them. Raises
    ClusterError.
    """
    kubectl(workspace, "apply", "--server-side", "-f", _NETWORK_POLICIES)
    daemon = Daemon("kube-router", logs=workspace.logs)
    daemon.start(
        [
            builds.program(workspace, "kube-router"),
            *("--kubeconfig", workspace.state / "network-policies.kubeconfig", "--hostname-override", NODE),
            *("--run-firewall=true", "--run-router=false", "--run-service-proxy=false", "--run-loadbalancer=false"),
            *("--enable-cni=false", "--enable-ipv6=false", "--service-cluster-ip-range", SERVICE_RANGE),
            *("--health-port=0", "--metrics-port=0"),
        ]
    )
    daemon.wait_until(packet_filter.enforces_policies, within=START_SECONDS)


def is_running(workspace: Workspace) -> bool:
    """Whether every part runs and the API server answers."""
    return all(Daemon(name, logs=workspace.logs).process_id() is not None for name in _DAEMONS) and _ready(workspace)


def stop(workspace: Workspace) -> None:
    """Stops every part; pods go on until containers.stop()."""
    for name in _DAEMONS:
        Daemon(name, logs=workspace.logs).stop(grace=15 if name == "etcd" else 5)
    containers.unmount_below(workspace.state)


def kubectl(workspace: Workspace, *arguments: str | Path, within: float = 60, stdin: str | None = None) -> str:
    """Runs kubectl as administrator of this cluster. Raises ClusterError."""
    command = [builds.program(workspace, "kubectl"), "--kubeconfig", workspace.kubeconfig, *arguments]
    return run(command, within=within, stdin=stdin)


def _certificates(directory: Path) -> None:
    authority = Authority(directory)
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    authority.sign("apiserver", user="kube-apiserver", hosts=[*names, NODE_ADDRESS, API_ADDRESS, "localhost"])
    authority.sign("etcd", user="etcd", hosts=[NODE_ADDRESS])
    authority.sign("kubelet-server", user=f"system:node:{NODE}", group="system:nodes", hosts=[NODE, NODE_ADDRESS])
    authority.sign("admin", user="admin", group="system:masters")
    authority.sign("controller-manager", user="system:kube-controller-manager")
    authority.sign("scheduler", user="system:kube-scheduler")
    authority.sign("proxy", user="system:kube-proxy")
    authority.sign("network-policies", user="taskflow-e2e:network-policies")
    authority.sign("kubelet", user=f"system:node:{NODE}", group="system:nodes")
    authority.key_pair("service-accounts")


def _kubeconfig(workspace: Workspace, user: str) -> None:
    pki = workspace.state / "pki"

    def content(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode("ascii")

    cluster = {"server": API_URL, "certificate-authority-data": content("ca.crt")}
    client = {"client-certificate-data": content(f"{user}.crt"), "client-key-data": content(f"{user}.key")}
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NODE,
        "clusters": [{"name": NODE, "cluster": cluster}],
        "users": [{"name": user, "user": client}],
        "contexts": [{"name": NODE, "context": {"cluster": NODE, "user": user}}],
    }
    path = workspace.kubeconfig if user == "admin" else workspace.state / f"{user}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(configuration), encoding="utf-8")


def _etcd(workspace: Workspace) -> None:
    pki = workspace.state / "pki"
    url = f"https://{NODE_ADDRESS}:2379"
    Daemon("etcd", logs=workspace.logs).start(
        [
            "etcd",
            *("--name", NODE, "--data-dir", workspace.state / "etcd", "--logger", "zap", "--log-level", "warn"),
            *("--listen-client-urls", url, "--advertise-client-urls", url, "--client-cert-auth"),
            *("--cert-file", pki / "etcd.crt", "--key-file", pki / "etcd.key", "--trusted-ca-file", pki / "ca.crt"),
            *("--listen-peer-urls", f"http://{NODE_ADDRESS}:2380"),
            *("--initial-advertise-peer-urls", f"http://{NODE_ADDRESS}:2380"),
            *("--initial-cluster", f"{NODE}=http://{NODE_ADDRESS}:2380"),
        ],
        environment={"ETCD_UNSUPPORTED_ARCH": platform.machine().replace("aarch64", "arm64")},
    )


def _api_server(workspace: Workspace) -> None:
    pki = workspace.state / "pki"
    daemon = Daemon("kube-apiserver", logs=workspace.logs)
    daemon.start(
        [
            builds.program(workspace, "kube-apiserver"),
            *("--advertise-address", NODE_ADDRESS, "--bind-address", NODE_ADDRESS, "--secure-port", "6443"),
            *("--etcd-servers", f"https://{NODE_ADDRESS}:2379", "--etcd-cafile", pki / "ca.crt"),
            *("--etcd-certfile", pki / "etcd.crt", "--etcd-keyfile", pki / "etcd.key"),
            *("--service-cluster-ip-range", SERVICE_RANGE, "--allow-privileged=true"),
            *("--client-ca-file", pki / "ca.crt", "--authorization-mode", "Node,RBAC"),
            *("--tls-cert-file", pki / "apiserver.crt", "--tls-private-key-file", pki / "apiserver.key"),
            *("--enable-admission-plugins", "NodeRestriction", "--anonymous-auth=false"),
            *("--service-account-issuer", "https://kubernetes.default.svc.cluster.local"),
            *("--service-account-key-file", pki / "service-accounts.pub"),
            *("--service-account-signing-key-file", pki / "service-accounts.key"),
            *("--kubelet-certificate-authority", pki / "ca.crt", "--kubelet-preferred-address-types", "InternalIP"),
            *("--kubelet-client-certificate", pki / "admin.crt", "--kubelet-client-key", pki / "admin.key"),
        ]
    )
    daemon.wait_until(lambda: _ready(workspace), within=START_SECONDS)


def _controllers(workspace: Workspace) -> None:
    pki = workspace.state / "pki"
    Daemon("kube-controller-manager", logs=workspace.logs).start(
        [
            builds.program(workspace, "kube-controller-manager"),
            *("--kubeconfig", workspace.state / "controller-manager.kubeconfig", "--bind-address", NODE_ADDRESS),
            *("--root-ca-file", pki / "ca.crt", "--use-service-account-credentials", "--leader-elect=false"),
            *("--service-account-private-key-file", pki / "service-accounts.key"),
        ]
    )
    Daemon("kube-scheduler", logs=workspace.logs).start(
        [
            builds.program(workspace, "kube-scheduler"),
            *("--kubeconfig", workspace.state / "scheduler.kubeconfig", "--bind-address", NODE_ADDRESS),
            "--leader-elect=false",
        ]
    )


def _proxy(workspace: Workspace) -> None:
    configuration = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        # Into tables of its own: kube-router writes back the packet filter's as it read it a moment before.
        "mode": "nftables",
        "hostnameOverride": NODE,
        "clusterCIDR": POD_RANGE,
        "bindAddress": NODE_ADDRESS,
        "healthzBindAddress": f"{NODE_ADDRESS}:10256",
        "metricsBindAddress": f"{NODE_ADDRESS}:10249",
        "clientConnection": {"kubeconfig": str(workspace.state / "proxy.kubeconfig")},
        # Limits of the host's that are not the cluster's to change.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
    path = _written(workspace, "kube-proxy", configuration)
    Daemon("kube-proxy", logs=workspace.logs).start([builds.program(workspace, "kube-proxy"), "--config", path])


def _kubelet(workspace: Workspace) -> None:
    pki = workspace.state / "pki"
    resolver = workspace.state / "resolv.conf"
    resolver.write_text("# Pods ask the cluster's DNS only.\n", encoding="utf-8")
    configuration = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
        "containerRuntimeEndpoint": f"unix://{workspace.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "resolvConf": str(resolver),
        "podLogsDir": str(workspace.logs / "pods"),
        # A test cluster keeps its images, and a host's disk may be nearly full.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "registerWithTaints": [],
    }
    path = _written(workspace, "kubelet", configuration)
    Daemon("kubelet", logs=workspace.logs).start(
        [
            builds.program(workspace, "kubelet"),
            *("--config", path, "--kubeconfig", workspace.state / "kubelet.kubeconfig"),
            *("--root-dir", workspace.state / "kubelet", "--hostname-override", NODE, "--node-ip", NODE_ADDRESS),
        ],
        environment={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    )


def _written(workspace: Workspace, name: str, configuration: Mapping[str, object]) -> Path:
    path = workspace.state / f"{name}.json"
    path.write_text(json.dumps(configuration, indent=2), encoding="utf-8")
    return path


def _ready(workspace: Workspace) -> bool:
    pki = workspace.state / "pki"
    try:
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        with urllib.request.urlopen(f"{API_URL}/readyz", timeout=2, context=context) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
