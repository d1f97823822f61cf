#!/usr/bin/env python3
"""Checks the deployment files, as far as possible without a cluster: `./justw check-deploy` calls it.

Validates every manifest strictly against the Kubernetes API's schemas. Then checks what schemas cannot: that
selectors match pods, that referenced names, ports, paths and metrics exist, that every container follows the
project's rules; that the dashboards can be parsed; and that each alert has a section in docs/operating.md,
and each section an alert. tests/deploy.rs and tests/metrics.rs compare settings and metrics with the program.
"""

import json
import re
import sys
from pathlib import Path

import kubernetes_validate
import yaml

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
KUBERNETES = ROOT / "deploy/kubernetes"
MONITORING = ROOT / "deploy/monitoring"
ALERTS = MONITORING / "alerts.yaml"
RUNBOOK = ROOT / "docs/operating.md"
# The oldest version supported upstream, and the newest with published schemas.
VERSIONS = ["1.34", "1.37"]
# Kinds that are not part of Kubernetes, with their expected apiVersion.
NOT_VALIDATED = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
}
# Not a resource: configuration of prometheus-adapter.
ADAPTER = "prometheus-adapter.yaml"
# An example; the operator creates the secret.
SECRETS = "secret.example.yaml"
IMAGE = "order-processing"
# Liveness must not depend on anything outside of the process.
PROBES = {"livenessProbe": "/healthz", "startupProbe": "/healthz", "readinessProbe": "/readyz"}

faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")


class StrictLoader(yaml.SafeLoader):
    """Rejects a key that occurs twice; YAML forbids it, but PyYAML uses the last one."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        for key in {key for key in keys if keys.count(key) > 1}:
            raise yaml.MarkedYAMLError(problem=f"the key {key} occurs twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


class Resource:
    """One document of a manifest."""

    def __init__(self, file, document):
        self.file = file
        self.document = document
        self.kind = document.get("kind", "?")
        self.name = document.get("metadata", {}).get("name", "")
        self.spec = document.get("spec", {})

    def __str__(self):
        return f"{self.file}: {self.kind} {self.name}".strip()


class Pod:
    """What a Deployment or a Job makes."""

    def __init__(self, resource):
        template = resource.spec["template"]
        self.of = resource
        self.labels = template["metadata"]["labels"]
        self.spec = template["spec"]
        self.containers = self.spec["containers"] + self.spec.get("initContainers", [])

    def __str__(self):
        return str(self.of)

    def ports(self):
        return {port["name"]: port["containerPort"] for c in self.containers for port in c.get("ports", [])}

    def chosen_by(self, selector):
        if not selector.get("matchLabels", {}).items() <= self.labels.items():
            return False
        for expression in selector.get("matchExpressions", []):
            has = self.labels.get(expression["key"])
            kept = {
                "In": has in expression.get("values", []),
                "NotIn": has not in expression.get("values", []),
                "Exists": has is not None,
                "DoesNotExist": has is None,
            }
            if not kept[expression["operator"]]:
                return False
        return True


def read_manifests():
    for file in sorted(KUBERNETES.glob("*.yaml")):
        if file.name == ADAPTER:
            continue
        try:
            for document in yaml.load_all(file.read_text(), StrictLoader):
                if document is not None:
                    yield Resource(file.name, document)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else "?"
            fault(f"{file.name}:{line}", error.problem)


def check_schemas(resources):
    for resource in resources:
        if resource.kind in NOT_VALIDATED:
            if resource.document.get("apiVersion") != NOT_VALIDATED[resource.kind]:
                fault(resource, f"apiVersion is not {NOT_VALIDATED[resource.kind]}")
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(resource.document, version, strict=True)
            except kubernetes_validate.SchemaNotFoundError:
                fault(resource, f"Kubernetes {version} does not have this kind")
                break
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                fault(resource, f"Kubernetes {version}: {path}: {error.message}")
                break


def check_list(resources):
    """The kustomization names every file, and everything is in its namespace."""
    kustomization = next(r for r in resources if r.kind == "Kustomization").document
    listed = kustomization["resources"]
    files = {r.file for r in resources} - {"kustomization.yaml", SECRETS}
    for file in sorted(files ^ set(listed)):
        fault("kustomization.yaml", f"{file} is either not in the directory or not in `resources`")
    if IMAGE not in {image["name"] for image in kustomization["images"]}:
        fault("kustomization.yaml", f"sets no tag for {IMAGE}")
    for resource in resources:
        if resource.kind in {"Kustomization", "Namespace"}:
            space = resource.name or kustomization["namespace"]
        else:
            space = resource.document["metadata"].get("namespace")
        if space != kustomization["namespace"]:
            fault(resource, f"is in namespace {space}, not in {kustomization['namespace']}")


def check_port(resource, port, pods):
    for pod in pods:
        if port not in pod.ports() and port not in pod.ports().values():
            fault(resource, f"{pod.of.name} has no port {port}")


def check_selectors(resources, pods):
    for resource in resources:
        spec = resource.spec
        match resource.kind:
            case "Service":
                selector = {"matchLabels": spec["selector"]}
                ports = [port.get("targetPort", port["port"]) for port in spec["ports"]]
            case "PodMonitor":
                selector = spec["selector"]
                ports = [endpoint["port"] for endpoint in spec["podMetricsEndpoints"]]
            case "Deployment" | "PodDisruptionBudget":
                selector, ports = spec["selector"], []
            case "NetworkPolicy":
                selector, ports = spec["podSelector"], []
                for rule in spec.get("ingress", []):
                    ports += [port["port"] for port in rule.get("ports", [])]
            case _:
                continue
        chosen = [pod for pod in pods if pod.chosen_by(selector)]
        if not chosen:
            fault(resource, f"selects no pod: {selector}")
        if resource.kind == "Deployment" and {pod.of.name for pod in chosen} != {resource.name}:
            fault(resource, f"selects the pods of {sorted({pod.of.name for pod in chosen})}")
        if resource.kind in {"NetworkPolicy"}:
            # A policy may also select pods without ports.
            chosen = [pod for pod in chosen if pod.ports()]
        for port in ports:
            check_port(resource, port, chosen)


def check_references(resources, pods):
    keys = {}
    for resource in resources:
        data = resource.document.get("data") or resource.document.get("stringData") or {}
        keys[resource.kind, resource.name] = set(data)
    settings = next(r for r in resources if r.kind == "ConfigMap").document["data"]

    def refer(where, kind, reference, key=None):
        if (kind, reference) not in keys:
            fault(where, f"{kind} {reference} does not exist")
        elif key is not None and key not in keys[kind, reference]:
            fault(where, f"{kind} {reference} has no key {key}")

    for resource in resources:
        if resource.kind == "HorizontalPodAutoscaler":
            refer(resource, resource.spec["scaleTargetRef"]["kind"], resource.spec["scaleTargetRef"]["name"])
    for pod in pods:
        refer(pod, "ServiceAccount", pod.spec.get("serviceAccountName"))
        folders = {}
        for volume in pod.spec.get("volumes", []):
            if "secret" in volume:
                folders[volume["name"]] = ("Secret", volume["secret"]["secretName"])
            elif "configMap" in volume:
                folders[volume["name"]] = ("ConfigMap", volume["configMap"]["name"])
        for folder in folders.values():
            refer(pod, *folder)
        for container in pod.containers:
            values = {}
            for source in container.get("envFrom", []):
                for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                    if field in source:
                        refer(pod, kind, source[field]["name"])
                        values |= settings if kind == "ConfigMap" else {}
            for variable in container.get("env", []):
                values[variable["name"]] = variable.get("value", "")
                source = variable.get("valueFrom", {})
                for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                    if field in source:
                        refer(pod, kind, source[field]["name"], source[field]["key"])
            if "ORDERS__DATABASE__URL" not in values:
                fault(pod, "ORDERS__DATABASE__URL is not set")
            mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
            for name, value in values.items():
                if not value.startswith("/"):
                    continue
                # A setting that names a file: it must be mounted.
                folder, _, key = value.rpartition("/")
                if folder not in mounts:
                    fault(pod, f"{name} is {value}, but nothing is mounted at {folder}")
                elif mounts[folder] in folders:
                    refer(f"{pod}: {name}", *folders[mounts[folder]], key)


def check_pods(pods):
    def seconds(text):
        value, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
        return int(value) * {"ms": 0.001, "s": 1, "m": 60}[unit]

    defaults = tomllib.loads((ROOT / "config/default.toml").read_text())
    # A worker takes at most twice the time-out to shut down, `serve` 2 s more than the time-out.
    drain = 2 * seconds(defaults["http"]["shutdown_timeout"])
    for pod in pods:
        context = pod.spec.get("securityContext", {})
        wanted = {
            "runAsNonRoot": context.get("runAsNonRoot") is True,
            "runAsUser 10001, the user of the image": context.get("runAsUser") == 10001,
            "seccomp RuntimeDefault": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "automountServiceAccountToken: false": pod.spec.get("automountServiceAccountToken") is False,
            "no namespace of the host": not pod.spec.keys() & {"hostNetwork", "hostPID", "hostIPC"},
            "no folder of the host": all("hostPath" not in volume for volume in pod.spec.get("volumes", [])),
        }
        for container in pod.containers:
            own = container.get("securityContext", {})
            resources = container.get("resources", {})
            wanted[f"image {IMAGE} without a tag, which the kustomization sets"] = container["image"] == IMAGE
            wanted["not privileged"] = not own.get("privileged")
            wanted["allowPrivilegeEscalation: false"] = own.get("allowPrivilegeEscalation") is False
            wanted["readOnlyRootFilesystem"] = own.get("readOnlyRootFilesystem") is True
            wanted["capabilities: drop ALL"] = own.get("capabilities") == {"drop": ["ALL"]}
            wanted["a memory limit"] = "memory" in resources.get("limits", {})
            wanted["cpu and memory requests"] = {"cpu", "memory"} <= resources.get("requests", {}).keys()
            if pod.of.kind == "Deployment":
                for probe, path in PROBES.items():
                    asks = container.get(probe, {}).get("httpGet", {})
                    wanted[f"a {probe} for {path}"] = asks.get("path") == path
                    if "port" in asks:
                        check_port(pod.of, asks["port"], [pod])
                pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
                grace = pod.spec.get("terminationGracePeriodSeconds", 30)
                wanted[f"{pause + drain:.0f} s to terminate (preStop and drain)"] = grace >= pause + drain
        if pod.of.kind == "Deployment":
            update = pod.of.spec.get("strategy", {}).get("rollingUpdate", {})
            wanted["maxUnavailable: 0"] = update.get("maxUnavailable") == 0
            wanted["no `replicas`, which the autoscaler sets"] = "replicas" not in pod.of.spec
        for what, kept in wanted.items():
            if not kept:
                fault(pod, f"requires {what}")


def check_metrics(resources):
    """What the autoscalers read is what prometheus-adapter hands on; jobs are those that the alerts name."""
    rules = yaml.safe_load((KUBERNETES / ADAPTER).read_text())["externalRules"]
    handed_on = {rule["name"]["as"]: rule["seriesQuery"] for rule in rules}
    described = RUNBOOK.read_text()
    for name, query in handed_on.items():
        if f"`{query.partition('{')[0]}`" not in described:
            fault(ADAPTER, f"docs/operating.md does not list the metric {query}")
    for resource in resources:
        for metric in resource.spec.get("metrics", []):
            name = metric.get("external", {}).get("metric", {}).get("name")
            if name is not None and name not in handed_on:
                fault(resource, f"scales by {name}, which {ADAPTER} does not provide")
    scraped = {job["job_name"] for job in yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]}
    for resource in resources:
        if resource.kind == "PodMonitor":
            replaced = resource.spec["podMetricsEndpoints"][0]["relabelings"]
            job = next((r["replacement"] for r in replaced if r.get("targetLabel") == "job"), "")
            components = [e["values"] for e in resource.spec["selector"]["matchExpressions"]]
            jobs = {job.replace("$1", component) for component in components[0]}
            if jobs != scraped:
                fault(resource, f"defines the jobs {sorted(jobs)}, but prometheus.yaml defines {sorted(scraped)}")
    for job in set(re.findall(r'job="([^"]*)"', ALERTS.read_text().replace("\\", ""))) - scraped:
        fault("alerts.yaml", f"job {job} is not scraped")


def check_dashboards():
    for file in sorted((MONITORING / "grafana").rglob("*.yaml")):
        yaml.safe_load(file.read_text())
    for file in sorted((MONITORING / "grafana").glob("*.json")):
        try:
            dashboard = json.loads(file.read_text())
        except json.JSONDecodeError as error:
            fault(file.name, error)
            continue
        variables = {f"${{{variable['name']}}}" for variable in dashboard["templating"]["list"]}
        ids = [panel["id"] for panel in dashboard["panels"]]
        if len(set(ids)) != len(ids):
            fault(file.name, "two panels have the same id")
        taken = {}
        for panel in dashboard["panels"]:
            for part in [panel, *panel.get("targets", [])]:
                uid = part.get("datasource", {}).get("uid")
                if part.get("type") != "row" and uid not in variables:
                    fault(file.name, f"{panel['title']}: the data source {uid} is not a variable")
            at = panel["gridPos"]
            if at["x"] + at["w"] > 24:
                fault(file.name, f"{panel['title']}: extends beyond the grid")
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                if taken.setdefault(cell, panel["title"]) != panel["title"]:
                    fault(file.name, f"{panel['title']}: overlaps {taken[cell]}")
                    break


def check_runbook():
    section = RUNBOOK.read_text().split("\n## Alerts\n")[-1].split("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    alerts = [rule["alert"] for rule in rules]
    tests = (MONITORING / "alerts_test.yaml").read_text()
    for heading in headings:
        if heading not in alerts:
            fault("docs/operating.md", f"the section {heading} has no alert")
    for alert, rule in zip(alerts, rules):
        if alert not in headings:
            fault("docs/operating.md", f"alert {alert} has no section")
        if rule["annotations"].get("runbook_url") != f"docs/operating.md#{alert.lower()}":
            fault("alerts.yaml", f"{alert}: runbook_url is not docs/operating.md#{alert.lower()}")
        if not {"summary", "description"} <= rule["annotations"].keys():
            fault("alerts.yaml", f"{alert} needs a summary and a description")
        if rule.get("labels", {}).get("severity") not in {"critical", "warning", "info"}:
            fault("alerts.yaml", f"{alert} needs a severity of critical, warning or info")
        for outcome in ("bad", "good"):
            if f"name: {alert}, {outcome}\n" not in tests:
                fault("alerts_test.yaml", f"{alert} has no test with {outcome} series")


def main():
    resources = list(read_manifests())
    check_schemas(resources)
    if not faults:
        # These checks rely on the structure that the schemas guarantee.
        pods = [Pod(resource) for resource in resources if resource.kind in {"Deployment", "Job"}]
        check_list(resources)
        check_selectors(resources, pods)
        check_references(resources, pods)
        check_pods(pods)
        check_metrics(resources)
    check_dashboards()
    check_runbook()
    for line in faults:
        print(line)
    if faults:
        sys.exit(f"error: {len(faults)} problems in deploy/")
    print(f"{len(resources)} manifests checked, and the dashboards, alerts and runbook")


main()
