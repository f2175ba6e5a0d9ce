"""One defect for each rule: what breaks it, and where it can be."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.policies.evaluation import Document, good

KINDS = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "StatefulSet")
LONG_RUNNING = ("DaemonSet", "Deployment", "StatefulSet")
LISTS = ("containers", "initContainers", "ephemeralContainers")

Change = Callable[[Document], object]


@dataclass(frozen=True, slots=True)
class InContainer:
    """Breaks a container, in each of these lists of each of these kinds."""

    change: Change
    also: frozenset[str] = frozenset()
    lists: tuple[str, ...] = LISTS
    kinds: tuple[str, ...] = KINDS

    def workloads(self, rule: str) -> Iterator[Document]:
        """One workload for each place, called after the rule and the place."""
        for kind in self.kinds:
            for place in self.lists:
                spec = pod_spec()
                container = copy.deepcopy(spec["containers"][0])
                container["name"] = "server" if place == "containers" else "other"
                self.change(container)
                spec[place] = [container]
                yield workload(kind, called(rule, kind, place), spec)


@dataclass(frozen=True, slots=True)
class InPod:
    """Breaks a pod, in each of these kinds."""

    change: Change
    also: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = KINDS

    def workloads(self, rule: str) -> Iterator[Document]:
        """One workload for each kind, called after the rule and the kind."""
        for kind in self.kinds:
            spec = pod_spec()
            self.change(spec)
            yield workload(kind, called(rule, kind), spec)


@dataclass(frozen=True, slots=True)
class InTarget:
    """Breaks the target: something other than a pod, or something missing. `level` is how bad the rule finds it."""

    change: Callable[[list[Document]], object]
    also: frozenset[str] = frozenset()
    level: str = "deny"


def called(rule: str, *place: str) -> str:
    """A name after the rule, without its topic, and the place; short enough for a CronJob."""
    return "-".join([rule.rpartition(".")[2], *place]).replace("_", "-").lower()


def pod_spec() -> Document:
    """A fresh pod spec that no rule objects to."""
    spec: Document = pick(good(), "Deployment")["spec"]["template"]["spec"]
    return spec


def workload(kind: str, name: str, spec: Document, annotations: Document | None = None) -> Document:
    """A workload of that kind around a pod of this spec and with these annotations."""
    labels = pick(good(), "Deployment")["metadata"]["labels"]
    described = {"labels": labels, "annotations": annotations or {}}
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata | described, "spec": spec}
    if kind in {"CronJob", "Job"}:
        spec = {"restartPolicy": "Never"} | spec
    body: Document = {"template": {"metadata": described, "spec": spec}}
    if kind == "CronJob":
        body = {"schedule": "0 2 * * *", "jobTemplate": {"spec": body}}
    group = "batch/v1" if kind in {"CronJob", "Job"} else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": body}


def pick(target: list[Document], kind: str, name: str | None = None) -> Document:
    """The first document of that kind, and of that name if one is given."""
    return next(
        document for document in target if document["kind"] == kind and name in {None, document["metadata"]["name"]}
    )


def change(
    kind: str, do: Change, name: str | None = None, also: frozenset[str] = frozenset(), level: str = "deny"
) -> InTarget:
    """Breaks the first document of that kind."""
    return InTarget(lambda target: do(pick(target, kind, name)), also, level)


def remove(kind: str, name: str, also: frozenset[str] = frozenset()) -> InTarget:
    """Leaves a document out."""
    return InTarget(lambda target: target.remove(pick(target, kind, name)), also)


def _to_market(target: list[Document]) -> None:
    """Puts everything into another namespace, as a mistyped `namespace:` does."""
    for document in target:
        document["metadata"]["name" if document["kind"] == "Namespace" else "namespace"] = "market"


def let_in(peer: Document) -> Change:
    """Adds a peer to the first ingress rule of a policy."""
    return lambda policy: policy["spec"]["ingress"][0]["from"].append(peer)


def setting(key: str, value: object) -> Change:
    """Sets a field of a securityContext, of a pod or of a container."""
    return lambda holder: holder.setdefault("securityContext", {}).update({key: value})


def without_setting(key: str) -> Change:
    """Takes a field out of a securityContext."""
    return lambda holder: holder["securityContext"].pop(key)


def literal(name: str, value: str) -> Change:
    """Gives a container one more variable."""
    return lambda container: container.setdefault("env", []).append({"name": name, "value": value})


def server(target: list[Document]) -> Document:
    """The one container of the good target."""
    container: Document = pick(target, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    return container


def add(kind: str, version: str = "v1", **content: object) -> InTarget:
    """Adds a resource called `other`."""
    return InTarget(lambda target: target.append(document(kind, version, **content)))


def document(kind: str, version: str = "v1", **content: object) -> Document:
    """A resource called `other`, in the namespace of the good target."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "other", "namespace": "shop"}, **content}


def beside(defect: InTarget, *others: Document) -> InTarget:
    """The same defect in a target that also holds these."""

    def do(target: list[Document]) -> None:
        target.extend(others)
        defect.change(target)

    return InTarget(do, defect.also, defect.level)


def budget(name: str, app: str, **limits: object) -> InTarget:
    """Adds a disruption budget."""
    spec = {"selector": {"matchLabels": {"app": app}}, **limits}
    metadata = {"name": name, "namespace": "shop"}
    added = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}
    return InTarget(lambda target: target.append(added))


def ingress(name: str = "other", *, host: str = "cart.shop", service: str = "cart", tls: str = "cart") -> Document:
    """An Ingress in front of the good target's Service."""
    backend = {"service": {"name": service, "port": {"number": 8080}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {
        "rules": [{"host": host, "http": {"paths": paths}}],
        "tls": [{"hosts": ["cart.shop"], "secretName": tls}],
    }
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def with_documents(*documents: Document) -> InTarget:
    """Adds these to the good target."""
    return InTarget(lambda target: target.extend(documents))


def route(section: str) -> InTarget:
    """Adds a Gateway with a listener called `https`, and a route to that listener of it."""
    version = "gateway.networking.k8s.io/v1"
    return with_documents(
        document("Gateway", version, spec={"listeners": [{"name": "https", "port": 443, "protocol": "HTTPS"}]}),
        document("HTTPRoute", version, spec={"parentRefs": [{"name": "other", "sectionName": section}]}),
    )


def quota(hard: Document) -> InTarget:
    """Adds a ResourceQuota."""
    return add("ResourceQuota", spec={"hard": hard})


def in_set(do: Change, level: str = "deny", also: frozenset[str] = frozenset()) -> InTarget:
    """Breaks the one StatefulSet of the good target."""
    return change("StatefulSet", lambda stateful: do(stateful["spec"]), also=also, level=level)


def in_pod(do: Change) -> InTarget:
    """Breaks the one pod of the good target."""
    return change("Deployment", lambda deployment: do(deployment["spec"]["template"]["spec"]))


def mount_file(spec: Document) -> None:
    """Lets a pod mount one file of the ConfigMap `other`, whose name is not quite right."""
    spec["volumes"].append({"name": "settings", "configMap": {"name": "other"}})
    mount = {"name": "settings", "mountPath": "/etc/nginx/nginx.conf", "subPath": "nginx.cfg"}
    spec["containers"][0]["volumeMounts"].append(mount)


def variable(source: str, name: str) -> InTarget:
    """Lets the good target's container read the key `key` of an object."""
    value = {"name": "KEY", "valueFrom": {source: {"name": name, "key": "key"}}}
    return InTarget(lambda target: server(target).update(env=[value]))


def allow(group: str, resource: str, verb: str) -> InTarget:
    """Lets the one Role do something more."""
    return change("Role", lambda role: role["rules"].append(grant(group, resource, verb)))


def grant(group: str, resource: str, verb: str) -> Document:
    """One rule of a role."""
    return {"apiGroups": [group], "resources": [resource], "verbs": [verb]}


def bind_everywhere(target: list[Document]) -> None:
    """Gives somebody, for the whole cluster, a right that belongs into a namespace."""
    version, metadata = "rbac.authorization.k8s.io/v1", {"name": "cart"}
    role = {"apiVersion": version, "kind": "ClusterRole", "metadata": metadata, "rules": [grant("", "pods", "get")]}
    reference = {"roleRef": {"kind": "ClusterRole", "name": "cart"}}
    target += [role, {"apiVersion": version, "kind": "ClusterRoleBinding", "metadata": metadata} | reference]


def application(**changes: object) -> InTarget:
    """Adds an Application of Argo CD that differs in this from one that nothing is wrong with."""
    spec: Document = {
        "project": "shop",
        "source": {"repoURL": "https://git.example/shop.git", "targetRevision": "main", "path": "overlays/shop"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        "syncPolicy": {"automated": {"enabled": True, "prune": True, "selfHeal": True}},
    }
    return add("Application", "argoproj.io/v1alpha1", spec=spec | changes)


def flux(**changes: object) -> InTarget:
    """Adds a Kustomization of Flux and its source; it differs in this from one that nothing is wrong with."""
    reference = {"kind": "GitRepository", "name": "other"}
    spec = {"interval": "10m", "timeout": "10m", "prune": True, "wait": True, "serviceAccountName": "cart"}
    source = document("GitRepository", "source.toolkit.fluxcd.io/v1", spec={"ref": {"branch": "main"}})
    kind, version = "Kustomization", "kustomize.toolkit.fluxcd.io/v1"
    return beside(add(kind, version, spec={"sourceRef": reference} | spec | changes), source)


def nginx(namespace: str, **annotations: str) -> InTarget:
    """Adds an Ingress that serves nothing, with these annotations of nginx.org."""
    named = {f"nginx.org/{key.replace('_', '-')}": value for key, value in annotations.items()}
    metadata = {"name": "other", "namespace": namespace, "annotations": named}
    added = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {}}
    return InTarget(lambda target: target.append(added))


DEFECTS: dict[str, InContainer | InPod | InTarget] = {
    "autoscaling.behavior": change("HorizontalPodAutoscaler", lambda scaler: scaler["spec"].pop("behavior")),
    "autoscaling.bounds": change("HorizontalPodAutoscaler", lambda scaler: scaler["spec"].update(minReplicas=9)),
    "autoscaling.metrics": change(
        "HorizontalPodAutoscaler",
        lambda scaler: scaler["spec"].update(
            metrics=[
                {
                    "type": "Resource",
                    "resource": {"name": "storage", "target": {"type": "Utilization", "averageUtilization": 70}},
                }
            ]
        ),
    ),
    "autoscaling.one_scaler": add(
        "ScaledObject",
        "keda.sh/v1alpha1",
        spec={
            "scaleTargetRef": {"name": "cart"},
            "minReplicaCount": 2,
            "maxReplicaCount": 4,
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        direction: {"stabilizationWindowSeconds": 60} for direction in ("scaleDown", "scaleUp")
                    }
                }
            },
        },
    ),
    "autoscaling.table": change("HorizontalPodAutoscaler", lambda scaler: scaler["spec"].update(maxReplicas=5)),
    "autoscaling.target": change(
        "HorizontalPodAutoscaler",
        lambda scaler: scaler["spec"]["scaleTargetRef"].update(name="web"),
        also=frozenset({"autoscaling.table"}),
    ),
    "delivery.app_project": add("AppProject", "argoproj.io/v1alpha1", spec={"sourceRepos": ["*"]}),
    "delivery.destination": application(destination={"namespace": "shop"}),
    "delivery.flux_kustomization": flux(prune=False),
    "delivery.flux_source": flux(sourceRef={"kind": "GitRepository", "name": "web"}),
    "delivery.project": application(project="default"),
    "delivery.revision": application(source={"repoURL": "https://git.example/shop.git", "targetRevision": "HEAD"}),
    "delivery.sync_policy": application(syncPolicy={"automated": {"enabled": True, "prune": True}}),
    "disruption.budget": remove("PodDisruptionBudget", "cart"),
    "disruption.drain": change("PodDisruptionBudget", lambda budget: budget["spec"].update(maxUnavailable=0)),
    "disruption.overlap": budget("other", "cart", maxUnavailable=1),
    "disruption.selector": budget("other", "web", maxUnavailable=1),
    "edge.headers": nginx(
        "web", limit_req_key="${binary_remote_addr}", limit_req_rate="100r/s", limit_req_reject_code="429"
    ),
    "edge.limits": nginx("web", add_header="X-Frame-Options: DENY: always"),
    "edge.snippets": nginx("shop", server_snippets="deny all;"),
    "edge.backends": with_documents(ingress(service="web")),
    "edge.parents": route("web"),
    "edge.tls_hosts": with_documents(ingress(host="web.shop")),
    "edge.tls_secret": with_documents(ingress(tls="tls")),
    "edge.unique_paths": with_documents(ingress("one"), ingress("two")),
    "documents.api_version": change(
        "HorizontalPodAutoscaler", lambda scaler: scaler.update(apiVersion="autoscaling/v2beta2")
    ),
    "documents.contradictions": InContainer(
        lambda container: container.update(lifecycle={"preStop": {"sleep": {"seconds": 31}}}),
        frozenset({"workloads.grace_period"}),
    ),
    "documents.labels": change("Service", lambda service: service["metadata"].update(labels={"for": "a cart"})),
    "documents.names": change("Secret", lambda secret: secret["metadata"].update(name="Cart")),
    "documents.size": change(
        "ConfigMap", lambda config: config["data"].update({"map.svg": 1025 * 64 * "0123456789abcdef"}), "rules"
    ),
    "documents.identity": change("Service", lambda service: service.pop("kind")),
    "images.digest": InContainer(lambda container: container.update(image="registry.example/shop/cart:1")),
    "images.facts": InContainer(lambda container: container["ports"].append({"containerPort": 8081})),
    "images.registry": InContainer(
        lambda container: container.update(image="quay.io/any/body:1@sha256:" + 64 * "0"),
        frozenset({"images.facts"}),
    ),
    "images.retired": InContainer(
        lambda container: container.update(image="mirror.example/bitnami/redis:8@sha256:" + 64 * "0"),
        frozenset({"images.facts"}),
    ),
    "images.tag": InContainer(
        lambda container: container.update(image="registry.example/shop/cart"), frozenset({"images.digest"})
    ),
    "monitoring.alerts": change("ConfigMap", lambda config: config.update(data={}), "rules"),
    "namespaces.bounded": remove("LimitRange", "bounds"),
    "namespaces.environment": InTarget(_to_market),
    "namespaces.explicit": change("Service", lambda service: service["metadata"].update(namespace="default")),
    "namespaces.pod_security": change("Namespace", lambda namespace: namespace["metadata"]["labels"].popitem()),
    "namespaces.rendered": remove("Namespace", "shop"),
    "network.allow_all": change("NetworkPolicy", let_in({"podSelector": {}}), "cart", frozenset({"network.flows"})),
    "network.default_deny": change(
        "NetworkPolicy", lambda policy: policy["spec"].update(policyTypes=["Ingress"]), "default-deny"
    ),
    "network.dns_egress": remove("NetworkPolicy", "dns", frozenset({"network.flows"})),
    "network.flows": change(
        "NetworkPolicy", lambda policy: policy["spec"]["ingress"][0].update(ports=[{"port": 80}]), "cart"
    ),
    "network.internal_tls": beside(
        variable("secretKeyRef", "other"),
        document("Issuer", "cert-manager.io/v1", spec={"ca": {"secretName": "root"}}),
        document("SealedSecret", "bitnami.com/v1alpha1", spec={"encryptedData": {"key": "AgBy"}}),
    ),
    "network.ports": change(
        "NetworkPolicy",
        lambda policy: policy["spec"]["ingress"][0].pop("ports"),
        "cart",
        level="warn",
    ),
    "network.selectors": change(
        "NetworkPolicy",
        let_in({"podSelector": {"matchLabels": {"app": "nobody"}}}),
        "cart",
        level="warn",
    ),
    "quota.fits": quota({"pods": "1"}),
    "quota.limit_range": add("LimitRange", spec={"limits": [{"type": "Container", "max": {"cpu": "500m"}}]}),
    "quota.required": beside(
        in_set(
            lambda spec: spec["template"]["spec"]["containers"][0]["resources"]["limits"].pop("cpu"),
            also=frozenset({"workloads.resources"}),
        ),
        document("ResourceQuota", spec={"hard": {"limits.cpu": "9"}}),
    ),
    "references.claim": beside(
        in_pod(
            lambda spec: spec["volumes"].append({"name": "data", "persistentVolumeClaim": {"claimName": "cart"}}),
        ),
        document("PersistentVolumeClaim"),
    ),
    "references.config_map": beside(variable("configMapKeyRef", "cart"), document("ConfigMap", data={"other": ""})),
    "references.headless_service": in_set(lambda spec: spec.update(serviceName="cart")),
    "references.edge_class": with_documents(
        document("Gateway", "gateway.networking.k8s.io/v1", spec={"gatewayClassName": "first"}),
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "last"}},
    ),
    "references.host": InTarget(
        lambda target: server(target).update(env=[{"name": "CART_URL", "value": "http://cart:80"}])
    ),
    "references.monitor": add(
        "ServiceMonitor", "monitoring.coreos.com/v1", spec={"selector": {"matchLabels": {"app": "web"}}}
    ),
    "references.rollout_service": add(
        "Rollout",
        "argoproj.io/v1alpha1",
        spec={
            "workloadRef": {"kind": "Deployment", "name": "cart"},
            "strategy": {"canary": {"stableService": "web"}},
        },
    ),
    "references.priority_class": beside(
        in_pod(lambda spec: spec.update(priorityClassName="first")),
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "last"}},
    ),
    "references.secret": variable("secretKeyRef", "other"),
    "references.service_account": in_pod(lambda spec: spec.update(serviceAccountName="web")),
    "references.storage_class": beside(
        add("PersistentVolumeClaim", spec={"storageClassName": "fast"}),
        {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "slow"}},
    ),
    "references.sub_path": beside(
        in_pod(mount_file),
        document("ConfigMap", data={"nginx.conf": ""}),
    ),
    "references.volume": in_pod(lambda spec: spec["volumes"].pop()),
    "rbac.administrators": change(
        "RoleBinding", lambda binding: binding.update(roleRef={"kind": "ClusterRole", "name": "cluster-admin"})
    ),
    "rbac.aggregation": InTarget(
        lambda target: target.append(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": "cart"},
                "aggregationRule": {"clusterRoleSelectors": [{}]},
            }
        )
    ),
    "rbac.deployers": allow("apps", "deployments", "create"),
    "rbac.escalation": allow("", "users", "impersonate"),
    "rbac.execution": allow("", "pods/exec", "create"),
    "rbac.reach": InTarget(bind_everywhere),
    "rbac.role_refs": change("RoleBinding", lambda binding: binding["roleRef"].update(name="web")),
    "rbac.secrets": allow("", "secrets", "list"),
    "rbac.subjects": change("RoleBinding", lambda binding: binding["subjects"][0].update(name="web")),
    "rbac.wildcards": allow("", "*", "get"),
    "secrets.arguments": InContainer(lambda container: container.update(args=["--password=hunter2"])),
    "secrets.demo_sealed": change(
        "SealedSecret", lambda sealed: sealed["metadata"].update(annotations={"shop.example/demo": "true"})
    ),
    "secrets.known_formats": InContainer(literal("URL", "amqp://cart:hunter2@rabbitmq.internal")),
    "secrets.literal_values": InContainer(literal("PASSWORD", "hunter2")),
    "secrets.placeholders": InContainer(literal("LEVEL", "changeme")),
    "storage.claim_templates": in_set(lambda spec: spec["volumeClaimTemplates"][0].pop("kind")),
    "storage.host_path": with_documents(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "other"},
            "spec": {"hostPath": {"path": "/srv"}},
        }
    ),
    "storage.retention": in_set(
        lambda spec: spec["persistentVolumeClaimRetentionPolicy"].pop("whenScaled"), also=frozenset({"storage.table"})
    ),
    "storage.table": in_set(lambda spec: spec["volumeClaimTemplates"][0]["spec"].update(storageClassName="fast")),
    "storage.unused_claim": InTarget(lambda target: target.append(document("PersistentVolumeClaim")), level="warn"),
    "secrets.plain_secret": change("Secret", lambda secret: secret.update(data={"key": "aHVudGVyMg=="})),
    "workloads.added_capabilities": InContainer(setting("capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
    "services.port_names": change("Service", lambda service: service["spec"]["ports"].append({"port": 8080})),
    "services.selector": change("Service", lambda service: service["spec"].update(selector={"app": "web"})),
    "services.target_port": change("Service", lambda service: service["spec"]["ports"][0].update(targetPort="web")),
    "workloads.apparmor": InContainer(setting("appArmorProfile", {"type": "Unconfined"})),
    "workloads.capabilities": InContainer(setting("capabilities", {"drop": ["ALL"], "add": ["CHOWN"]})),
    "services.exposure": change("Service", lambda service: service["spec"].update(type="NodePort")),
    "workloads.duplicates": InContainer(lambda container: container.update(env=2 * [{"name": "A", "value": "1"}])),
    "workloads.grace_period": InContainer(
        lambda container: container.update(lifecycle={"preStop": {"sleep": {"seconds": 30}}})
    ),
    "workloads.host_namespaces": InPod(lambda spec: spec.update(hostNetwork=True)),
    "workloads.host_path": InPod(lambda spec: spec["volumes"].append({"name": "disk", "hostPath": {"path": "/srv"}})),
    "workloads.host_ports": InContainer(
        lambda container: container["ports"].append({"containerPort": 80, "hostPort": 80})
    ),
    "workloads.host_process": InContainer(setting("windowsOptions", {"hostProcess": True})),
    "workloads.identity": InPod(without_setting("runAsGroup")),
    "workloads.labels": change("Deployment", lambda deployment: deployment["metadata"]["labels"].popitem()),
    "workloads.naked_pods": InTarget(
        lambda target: target.append(workload("Pod", "bare", pod_spec())), frozenset({"services.selector"}), "warn"
    ),
    "workloads.overcommit": InTarget(
        lambda target: server(target)["resources"]["limits"].update(memory="1Gi"), level="warn"
    ),
    "workloads.pod_template": InPod(lambda spec: spec.update(containers=[])),
    "workloads.pre_stop": in_pod(lambda spec: spec["containers"][0].pop("lifecycle")),
    "workloads.privilege_escalation": InContainer(without_setting("allowPrivilegeEscalation")),
    "workloads.privileged": InContainer(setting("privileged", True)),
    "workloads.probe_hosts": InContainer(
        lambda container: container.update(startupProbe={"httpGet": {"host": "192.0.2.1", "port": 8080}})
    ),
    "workloads.probe_pairs": InContainer(
        lambda container: container.update(livenessProbe=container["readinessProbe"]),
    ),
    "workloads.probe_ports": InContainer(lambda container: container["readinessProbe"]["httpGet"].update(port="web")),
    "workloads.probes": InContainer(
        lambda container: container.pop("readinessProbe"), lists=("containers",), kinds=LONG_RUNNING
    ),
    "workloads.proc_mount": InContainer(setting("procMount", "Unmasked")),
    "workloads.proc_mount_in_user_namespace": InPod(
        lambda spec: spec.update(hostUsers=False) or setting("procMount", "Unmasked")(spec["containers"][0])
    ),
    "workloads.read_only_root": InContainer(setting("readOnlyRootFilesystem", False)),
    "workloads.replicas_with_hpa": change("Deployment", lambda deployment: deployment["spec"].update(replicas=3)),
    "workloads.resource_table": InTarget(lambda target: server(target)["resources"]["requests"].update(cpu="200m")),
    "workloads.resources": InContainer(
        lambda container: container["resources"]["limits"].pop("memory"),
        lists=("containers", "initContainers"),
    ),
    "workloads.restart_policy": InPod(lambda spec: spec.update(restartPolicy="Never"), kinds=LONG_RUNNING),
    "workloads.rollout": change(
        "Deployment",
        lambda deployment: deployment["spec"].update(
            strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}
        ),
    ),
    "workloads.root_group": InPod(setting("runAsGroup", 0)),
    "workloads.run_as_non_root": InContainer(setting("runAsNonRoot", False)),
    "workloads.run_as_user": InContainer(setting("runAsUser", 0)),
    "workloads.seccomp": InPod(without_setting("seccompProfile")),
    "workloads.seccomp_unconfined": InContainer(setting("seccompProfile", {"type": "Unconfined"})),
    "workloads.runtime_socket": InPod(
        lambda spec: spec["volumes"].append({"name": "host", "hostPath": {"path": "/var/run/docker.sock"}}),
        frozenset({"workloads.host_path"}),
    ),
    "workloads.scratch_space": InPod(lambda spec: spec["volumes"][0].update(emptyDir={})),
    "workloads.selector": change(
        "Deployment", lambda deployment: deployment["spec"]["selector"]["matchLabels"].update(app="web")
    ),
    "workloads.selinux": InContainer(setting("seLinuxOptions", {"type": "spc_t"})),
    "workloads.service_account": InPod(lambda spec: spec.pop("serviceAccountName")),
    "workloads.service_account_token": InPod(lambda spec: spec.pop("automountServiceAccountToken")),
    "workloads.spread": in_pod(lambda spec: spec.pop("topologySpreadConstraints")),
    "workloads.sysctls": InPod(setting("sysctls", [{"name": "kernel.msgmax", "value": "1"}])),
    "workloads.volume_types": InPod(
        lambda spec: spec["volumes"].append({"name": "share", "nfs": {"server": "files.example", "path": "/"}})
    ),
}
