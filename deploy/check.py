#!/usr/bin/env python3
"""Checks what is deployed, as far as that goes without a cluster: `./justw check-deploy` calls it.

Every manifest against the API's schemas, strictly; then what no schema can say: that selectors find their
pods, that what is referred to is there, that every container keeps the rules of the house; and that each
alert has its section in docs/operating.md, and each section its alert.
"""

import re
import sys
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parent.parent
KUBERNETES = ROOT / "deploy/kubernetes"
ALERTS = ROOT / "deploy/monitoring/alerts.yaml"
RUNBOOK = ROOT / "docs/operating.md"
# The oldest version that is supported upstream and the newest whose schemas there are.
VERSIONS = ["1.34", "1.37"]
# What is no resource of Kubernetes' own, with what is known of it here.
NOT_VALIDATED = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "PodMonitor": "monitoring.coreos.com/v1",
}
NO_RESOURCES = {"prometheus-adapter.yaml"}
# Made by the operator, from the example.
SECRETS = "secret.example.yaml"

faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")


def documents():
    for file in sorted(KUBERNETES.glob("*.yaml")):
        if file.name in NO_RESOURCES:
            yaml.safe_load(file.read_text())
            continue
        for document in yaml.safe_load_all(file.read_text()):
            if document is not None:
                yield file.name, document


def check_schemas(found):
    for file, document in found:
        kind = document.get("kind", "?")
        where = f"{file}: {kind} {document.get('metadata', {}).get('name', '')}".strip()
        if kind in NOT_VALIDATED:
            if document.get("apiVersion") != NOT_VALIDATED[kind]:
                fault(where, f"apiVersion is not {NOT_VALIDATED[kind]}")
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                fault(where, f"Kubernetes {version}: {path}: {error.message}")
                break


def pods(found):
    """Pod templates: where, labels, spec."""
    for file, document in found:
        if document["kind"] in {"Deployment", "Job"}:
            template = document["spec"]["template"]
            name = document["metadata"]["name"]
            yield f"{file}: {name}", template["metadata"]["labels"], template["spec"]


def check_selectors(found):
    labels = [labels for _, labels, _ in pods(found)]

    def finds(selector):
        return any(selector.items() <= known.items() for known in labels)

    for file, document in found:
        spec, where = document.get("spec", {}), f"{file}: {document.get('metadata', {}).get('name', '')}"
        match document["kind"]:
            case "Service":
                selector = spec["selector"]
            case "Deployment":
                selector = spec["selector"]["matchLabels"]
                if not selector.items() <= spec["template"]["metadata"]["labels"].items():
                    fault(where, "its selector does not match its own pods")
            case "PodDisruptionBudget" | "PodMonitor":
                selector = spec["selector"]["matchLabels"]
            case "NetworkPolicy":
                selector = spec["podSelector"].get("matchLabels", {})
            case _:
                continue
        if not finds(selector):
            fault(where, f"no pod has the labels {selector}")


def check_references(found):
    names = {}
    keys = {}
    for _, document in found:
        name = document.get("metadata", {}).get("name")
        names.setdefault(document["kind"], set()).add(name)
        keys[document["kind"], name] = set(document.get("data") or document.get("stringData") or {})
    listed = next(d["resources"] for _, d in found if d["kind"] == "Kustomization")
    files = {file for file, _ in found} - {"kustomization.yaml", SECRETS}
    for file in sorted(files ^ set(listed)):
        fault("kustomization.yaml", f"{file} is only in one of folder and list")
    for file, document in found:
        target = document.get("spec", {}).get("scaleTargetRef") if document["kind"].startswith("Hor") else None
        if target and target["name"] not in names.get(target["kind"], ()):
            fault(file, f"scales {target['kind']} {target['name']}, which does not exist")
    used = set()
    for where, _, spec in pods(found):
        if spec.get("serviceAccountName") not in names.get("ServiceAccount", ()):
            fault(where, f"service account {spec.get('serviceAccountName')} does not exist")
        for volume in spec.get("volumes", []):
            secret = volume.get("secret", {}).get("secretName")
            if secret and secret not in names.get("Secret", ()):
                fault(where, f"secret {secret} does not exist")
        mounts = {}
        for container in spec["containers"]:
            for source in container.get("envFrom", []):
                config = source["configMapRef"]["name"]
                if config not in names.get("ConfigMap", ()):
                    fault(where, f"config map {config} does not exist")
            for mount in container.get("volumeMounts", []):
                mounts[mount["mountPath"]] = mount["name"]
            used.update(mounts)
    # Files that settings name are keys of the secret that is mounted there.
    secret = keys.get(("Secret", "orders"), set())
    for name, value in next(d["data"] for _, d in found if d["kind"] == "ConfigMap").items():
        folder, _, key = value.rpartition("/")
        if folder in used and key not in secret:
            fault("config.yaml", f"{name}: the secret has no key {key}")


def check_containers(found):
    images = set()
    for where, _, spec in pods(found):
        of_pod = spec.get("securityContext", {})
        wanted = {
            "runAsNonRoot": of_pod.get("runAsNonRoot") is True,
            "runAsUser 10001, as the image has it": of_pod.get("runAsUser") == 10001,
            "seccomp RuntimeDefault": of_pod.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "automountServiceAccountToken: false": spec.get("automountServiceAccountToken") is False,
        }
        for container in spec["containers"]:
            images.add(container["image"])
            own = container.get("securityContext", {})
            wanted |= {
                "allowPrivilegeEscalation: false": own.get("allowPrivilegeEscalation") is False,
                "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
                "capabilities: drop ALL": own.get("capabilities", {}).get("drop") == ["ALL"],
                "a limit of memory": "memory" in container.get("resources", {}).get("limits", {}),
                "requests": "requests" in container.get("resources", {}),
            }
        for what, kept in wanted.items():
            if not kept:
                fault(where, f"lacks {what}")
    if images != {"order-processing"}:
        fault("images", f"not one, but {sorted(images)}")


def check_runbook():
    alerts = [
        rule["alert"]
        for group in yaml.safe_load(ALERTS.read_text())["groups"]
        for rule in group["rules"]
    ]
    section = RUNBOOK.read_text().split("\n## Alerts\n")[-1].split("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", section, re.MULTILINE)
    for alert in alerts:
        if alert not in headings:
            fault("docs/operating.md", f"alert {alert} has no section")
    for heading in headings:
        if heading not in alerts:
            fault("docs/operating.md", f"the section {heading} is of no alert")
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            wanted = f"docs/operating.md#{rule['alert'].lower()}"
            if rule["annotations"].get("runbook_url") != wanted:
                fault("alerts.yaml", f"{rule['alert']}: runbook_url is not {wanted}")
            if not {"summary", "description"} <= rule["annotations"].keys():
                fault("alerts.yaml", f"{rule['alert']}: no summary or no description")
            if rule.get("labels", {}).get("severity") not in {"critical", "warning", "info"}:
                fault("alerts.yaml", f"{rule['alert']}: no severity")


def main():
    found = list(documents())
    check_schemas(found)
    if not faults:
        # What follows relies on the shapes that the schemas promise.
        check_selectors(found)
        check_references(found)
        check_containers(found)
    check_runbook()
    for line in faults:
        print(line)
    if faults:
        sys.exit(f"error: {len(faults)} faults in deploy/")
    print(f"{len(found)} manifests, alerts and their sections agree")


main()
