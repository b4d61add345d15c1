#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics as the real programs take them: three hosts as network and pid namespaces, each with
node_exporter, one of them with a socket, too; one Prometheus that scrapes them all, with the
rules and the dashboard that we ship, and Alertmanager. Two hosts leak, one is cleaned up."""
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

from engine import LEAKSCAN, SRC, Stage, Tap, inside, installed, others, read, until

PACKAGES = ("prometheus:prometheus", "prometheus-node-exporter:prometheus-node-exporter",
            "prometheus-alertmanager:prometheus-alertmanager",
            "/usr/lib/python3/dist-packages/prometheus_client:python3-prometheus-client",
            "ip:iproute2", "setpriv:util-linux")
RECIPES = ("clush:clustershell", "pdsh:pdsh", "ansible-playbook:ansible-core")
CLONE_NEWNET = 0x40000000
HOSTS = ("host1", "host2", "host3")
# as tests/integration/leaky.py calls itself and its children
NAME = "a|b=9\n\x1b'\"\ufffd`$c"
CONTRIB = os.path.join(SRC, "contrib")
RULES = os.path.join(CONTRIB, "prometheus/leakscan.rules.yml")
API = "http://127.0.0.1:9090/api/v1/"

tap = Tap()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(argv, **how):
    """Its exit status and all it has printed."""
    ran = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", check=False, **how)
    return ran.returncode, ran.stdout


def expect_run(name, argv, status=0, **how):
    got, out = run(argv, **how)
    return tap.result(got == status, name, "exit status %d\n%s" % (got, out))


def fetch(url):
    try:
        with opener.open(url, timeout=30) as answer:
            return json.load(answer)
    except (OSError, ValueError) as why:
        return {"status": "error", "error": str(why)}


def query(promql):
    """The result of an instant query; None when Prometheus refuses it."""
    answer = fetch(API + "query?" + urllib.parse.urlencode({"query": promql}))
    return answer["data"]["result"] if answer["status"] == "success" else None


def eventually(name, what, why=lambda: ""):
    """A scrape that a busy machine has let slip makes series vanish until the next one."""
    return tap.result(until(what, 300), name, why())


def instances(promql):
    return sorted(one["metric"].get("instance", "") for one in query(promql) or [])


class Host:
    """Its own network, process table and name, and the only way in is veth and nsenter."""

    def __init__(self, stage, number):
        self.name = HOSTS[number - 1]
        self.address = "10.77.%d.2" % number
        self.stage = stage
        self.textfile = stage.dir(self.name)
        self.app = None
        # process 1 reaps what it adopts, as it waits for its sleep
        self.process = stage.start(
            ["unshare", "--net", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child",
             "sh", "-c", 'hostname "$1"; while :; do sleep 0.3; done', "sh", self.name])
        self.init = until(self.find_init)
        peer = "to-%s" % self.name
        self.wire = [
            run(argv) for argv in (
                ["ip", "link", "add", peer, "type", "veth", "peer", "name", "eth0", "netns", self.init],
                ["ip", "addr", "add", "10.77.%d.1/30" % number, "dev", peer],
                ["ip", "link", "set", peer, "up"],
                self.inside("ip", "link", "set", "lo", "up"),
                self.inside("ip", "addr", "add", self.address + "/30", "dev", "eth0"),
                self.inside("ip", "link", "set", "eth0", "up"))]

    def find_init(self):
        """The shell, once it has given the host its name."""
        pid = self.process.pid
        child = read("/proc/%d/task/%d/children" % (pid, pid)).strip()
        uname = run(["nsenter", "-t", child, "-u", "uname", "-n"])[1] if child else ""
        return child if uname.strip() == self.name else None

    def end(self):
        """With its process 1 all of it ends; unshare, who waits for that, ignores SIGTERM."""
        os.kill(int(self.init), signal.SIGKILL)
        self.process.wait()

    def inside(self, *argv):
        return ["nsenter", "-t", self.init, "-m", "-u", "-n", "-p", *argv]

    def scan(self, *options):
        return run(self.inside(LEAKSCAN, "scan", "--all", *options))

    def update(self):
        """What the timer does."""
        return self.scan("--format", "prometheus", "--output",
                         os.path.join(self.textfile, "leakscan.prom"))

    def leak(self, words):
        if not self.app:
            self.app = self.stage.start(
                self.inside("/usr/bin/python3", os.path.join(SRC, "tests/integration/leaky.py")),
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        self.app.stdin.write(words + "\n")
        self.app.stdin.flush()
        return self.app.stdout.readline()


def expressions():
    """Every PromQL of the dashboard, with Grafana's variables as `All` sets them."""
    def walk(node):
        if isinstance(node, dict):
            if "expr" in node:
                yield node["expr"]
            node = list(node.values())
        for one in node if isinstance(node, list) else []:
            yield from walk(one)
    with open(os.path.join(CONTRIB, "grafana/leakscan.json"), encoding="utf-8") as f:
        board = json.load(f)
    return [re.sub(r"\$(instance|target)", ".*", expr) for expr in walk(board)]


def check_files(stage):
    """What we ship, by the programs that it is for."""
    promtool = "promtool"
    expect_run("promtool check rules", [promtool, "check", "rules", RULES])
    expect_run("promtool test rules", [promtool, "test", "rules", "leakscan.rules.test.yml"],
               cwd=os.path.join(CONTRIB, "prometheus"))
    board = stage.file("board.yml", json.dumps({"groups": [{"name": "board", "rules": [
        {"record": "board:%d" % i, "expr": expr} for i, expr in enumerate(expressions())]}]}))
    expect_run("promtool check rules: the PromQL of the dashboard", [promtool, "check", "rules", board])
    for scene in ("all", "blind", "clean", "hostile", "live-zombies"):
        with open(os.path.join(SRC, "tests/golden/%s.prom" % scene), encoding="utf-8") as f:
            expect_run("promtool check metrics: " + scene, [promtool, "check", "metrics"], stdin=f)
    parser = ("import sys; from prometheus_client.openmetrics.parser import "
              "text_string_to_metric_families as f; sys.exit(len(list(f(sys.stdin.read()))) < 7)")
    for scene in ("all", "nothing-left"):
        with open(os.path.join(SRC, "tests/golden/%s.om" % scene), encoding="utf-8") as f:
            expect_run("OpenMetrics' reference parser: " + scene,
                       ["/usr/bin/python3", "-c", parser], stdin=f)


def check_units(stage):
    if run(["sh", "-c", "command -v systemd-analyze"])[0]:
        tap.skip("systemd-analyze verify", "no systemd-analyze")
        return
    units = []
    for name in sorted(os.listdir(os.path.join(CONTRIB, "systemd"))):
        text = read(os.path.join(CONTRIB, "systemd", name))
        units.append(stage.file("units/" + name, re.sub(r"(?m)^(Exec\w+=)leakscan",
                                                        r"\g<1>" + stage.leakscan, text)))
    expect_run("systemd-analyze verify", ["systemd-analyze", "verify", "--man=no", *units])


def check_cron(stage):
    """The line of contrib/cron, with a directory of ours."""
    out = stage.dir("cron")
    line = read(os.path.join(CONTRIB, "cron/leakscan")).splitlines()[-1]
    command = (line.partition(" root ")[2].replace("/var/lib/prometheus/node-exporter", out)
               .replace("/run/lock", out))
    got, said = run(["sh", "-c", command], env=dict(os.environ, PATH=os.path.dirname(stage.leakscan) +
                                                    ":" + os.environ["PATH"]))
    # what else runs in this namespace is not the line's business
    tap.result(got in (0, 1) and not said and os.path.getsize(out + "/leakscan.prom") > 1000,
               "the line for cron, in silence", "exit status %d\n%s" % (got, said))


def check_daemonset():
    code = ("import sys, yaml; spec = yaml.safe_load(sys.stdin)['spec']['template']['spec']; "
            "assert spec['hostPID'] is True and 'shareProcessNamespace' not in spec; "
            "assert spec['containers'][0]['args'][0].count('leakscan scan') == 1")
    name = "the DaemonSet is YAML, and sees the node's processes"
    if run(["/usr/bin/python3", "-c", "import yaml"])[0]:
        tap.skip(name, "no python3-yaml")
        return
    with open(os.path.join(CONTRIB, "kubernetes/daemonset.yaml"), encoding="utf-8") as f:
        expect_run(name, ["/usr/bin/python3", "-c", code], stdin=f)


def start_engines(stage, hosts):
    rules = stage.file("rules.yml", re.sub(r"(?m)for: \d+m$", "for: 1s", read(RULES))
                       .replace("> 600", "> 0"))
    stage.file("prometheus.yml", json.dumps({
        "global": {"scrape_interval": "5s", "scrape_timeout": "5s", "evaluation_interval": "1s"},
        "rule_files": [rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:9093"]}]}]},
        "scrape_configs": [
            {"job_name": "node", "static_configs": [
                {"targets": [h.address + ":9100"], "labels": {"instance": h.name}} for h in hosts]},
            {"job_name": "leakscan", "scrape_interval": "10s", "scrape_timeout": "10s",
             "static_configs": [{"targets": [hosts[2].address + ":9977"],
                                 "labels": {"instance": "host3"}}]}]}))
    stage.file("alertmanager.yml", json.dumps(
        {"route": {"receiver": "none", "group_wait": "0s"}, "receivers": [{"name": "none"}]}))
    for h in hosts:
        stage.start(h.inside("setpriv", "--reuid", "prometheus", "--regid", "prometheus",
                             "--clear-groups", "prometheus-node-exporter",
                             "--web.listen-address=:9100", "--collector.disable-defaults",
                             "--collector.textfile", "--collector.textfile.directory=" + h.textfile),
                    log=h.name + ".log")
    stage.start(hosts[2].inside("systemd-socket-activate", "-l", "9977", "-a", "--inetd",
                                LEAKSCAN, "serve", "--inetd", "--all"), log="socket.log")
    stage.start(["prometheus-alertmanager", "--config.file=" + stage.path + "/alertmanager.yml",
                 "--storage.path=" + stage.dir("alerts"), "--web.listen-address=127.0.0.1:9093",
                 "--cluster.listen-address="], log="alertmanager.log")
    stage.start(["prometheus", "--config.file=" + stage.path + "/prometheus.yml",
                 "--storage.tsdb.path=" + stage.dir("data"),
                 "--web.listen-address=127.0.0.1:9090"], log="prometheus.log")


def logs(stage):
    return "\n".join(name + ":\n" + read(os.path.join(stage.path, name))[-2000:]
                     for name in sorted(os.listdir(stage.path)) if name.endswith(".log"))


def check_scraping(stage, hosts):
    for h in hosts:
        status, out = h.update()
        tap.result(status == 0, "%s: nothing leaks" % h.name, "exit status %d\n%s" % (status, out))
    if not eventually("Prometheus scrapes node_exporter on three hosts, and a socket",
                      lambda: instances("up == 1") == ["host1", "host2", "host3", "host3"] and
                      instances('leakscan_build_info{job="node"}') == list(HOSTS),
                      lambda: "%s\n%s" % (query("up"), logs(stage))):
        return False
    eventually("the textfile collector reads them as another user",
               lambda: instances("node_textfile_scrape_error == 0") == list(HOSTS),
               lambda: query("node_textfile_scrape_error"))
    kind = fetch(API + "targets/metadata?" + urllib.parse.urlencode(
        {"match_target": '{job="leakscan"}', "metric": "leakscan_build"}))
    tap.result([one["type"] for one in kind.get("data", [])] == ["info"],
               "the socket was asked for OpenMetrics, and gave it", kind)
    eventually("zeros are there before anything leaks",
               lambda: len(query("leakscan_zombies == 0") or []) == 4,
               lambda: query("leakscan_zombies"))
    eventually("no alert", lambda: query("ALERTS") == [], lambda: query("ALERTS"))
    return True


def firing(name="LeakscanZombies"):
    """On which hosts, by Prometheus and by Alertmanager."""
    alerts = fetch("http://127.0.0.1:9093/api/v2/alerts?active=true")
    told = sorted(one["labels"]["instance"] for one in alerts
                  if isinstance(one, dict) and one["labels"]["alertname"] == name and
                  one["status"]["state"] == "active")
    return instances('ALERTS{alertname="%s",alertstate="firing",job="node"}' % name), told


def check_alerts(stage, hosts):
    for h, n in ((hosts[0], 3), (hosts[1], 12)):
        h.leak("zombies %d" % n)
    # zombies of this moment are only mentioned
    until(lambda: all(h.update()[0] == 1 for h in hosts[:2]))
    want = ["host1", "host2"]
    eventually("two hosts leak: the alert fires in Prometheus, and in Alertmanager",
               lambda: firing() == (want, want), lambda: "%s\n%s" % (firing(), logs(stage)))
    # the first was old enough to be told before the last was
    eventually("each with its number",
               lambda: [h.update() for h in hosts[:2]] and
               zombies() == {"host1": "3", "host2": "12", "host3": "0"}, zombies)


def zombies():
    return {one["metric"]["instance"]: one["value"][1]
            for one in query('leakscan_zombies{job="node"}') or []}


def check_labels():
    """The leaking program and its children have names that attack."""
    found = fetch(API + "series?" + urllib.parse.urlencode({"match[]": '{__name__=~"leakscan_.*"}'}))
    values = {value for one in found["data"] for key, value in one.items() if key != "__name__"}
    names = {key for one in found["data"] for key in one}
    tap.result(names <= {"__name__", "instance", "job", "target", "kind", "severity", "unit", "version"},
               "no label but ours", names)
    tap.result(all(re.fullmatch(r"[A-Za-z0-9.-]+", value) for value in values) and
               not any("b=9" in value or "python" in value for value in values),
               "no process is in any label", values)
    per_host = query('count by (instance, job) ({__name__=~"leakscan_.*"})')
    tap.result(all(int(one["value"][1]) <= 100 for one in per_host), "at most 100 series each", per_host)


def check_board():
    for expr in expressions():
        # nothing may be worth showing where that is asked
        eventually("dashboard: " + expr,
                   lambda: query(expr) is not None and (query(expr) or " > " in expr),
                   lambda: query(expr))


def check_merge(stage, hosts):
    for h in hosts:
        stage.file("reports/%s.json" % h.name, h.scan("--json")[1])
    report = json.loads(read(stage.path + "/reports/host1.json"))
    names = {one["subject"]["name"] for one in report["findings"]}
    tap.result(NAME in names, "the name that attacks is whole in JSON, and only there", names)
    stage.file("reports/host4.json", read(stage.path + "/reports/host1.json")[:2000])
    files = sorted(os.path.join(stage.path, "reports", name)
                   for name in os.listdir(stage.path + "/reports"))
    ran = subprocess.run([LEAKSCAN, "merge", "--json", *files], capture_output=True, check=False)
    fleet = json.loads(ran.stdout)
    got = [(row["host"], row["verdict"], row["zombies"]) for row in fleet["rows"]]
    tap.result(ran.returncode == 1 and got == [("host2", "leaks", 12), ("host1", "leaks", 3),
                                               ("host3", "clean", 0)],
               "merge: one table of three hosts, the worst first", (ran.returncode, fleet))
    tap.result(len(fleet["unreadable"]) == 1 and b"host4.json: cut off" in ran.stderr,
               "merge: the report that was cut off is named", ran.stderr)
    text = run([LEAKSCAN, "merge", *files])[1]
    tap.result(not re.search(r"[^ -~\n]", text), "merge: the table is harmless", text)


def check_many(stage, hosts, missing):
    """The recipes of contrib/fleet, with ClusterShell and pdsh in the place of ssh."""
    cases = "\n".join("%s) pid=%s ;;" % (h.name, h.init) for h in hosts)
    enter = stage.file("on", '#!/bin/sh\ncase $1 in\n%s\nesac\nshift\n'
                       'exec nsenter -t "$pid" -m -u -n -p "$@"\n' % cases)
    os.chmod(enter, 0o755)
    if missing["clush"]:
        tap.skip("clush", missing["clush"])
    else:
        out = stage.dir("clush")
        run(["clush", "-R", "exec", "-w", "host[1-3]", "--outdir", out,
             "%s %%h %s scan --all --json" % (enter, LEAKSCAN)])
        got, text = run([LEAKSCAN, "merge", *(os.path.join(out, name) for name in sorted(os.listdir(out)))])
        tap.result(got == 1 and [line.split()[0] for line in text.splitlines()[1:4]] ==
                   ["host2", "host1", "host3"], "clush, and merge", text)
    if missing["pdsh"]:
        tap.skip("pdsh", missing["pdsh"])
        return
    ran = subprocess.run(["pdsh", "-N", "-f", "1", "-R", "exec", "-w", "host[1-3]",
                          enter, "%h", LEAKSCAN, "scan", "--all", "--json"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    got = subprocess.run([LEAKSCAN, "merge", "--json", "-"], input=ran.stdout,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    rows = json.loads(got.stdout)["rows"]
    tap.result(got.returncode == 1 and [row["host"] for row in rows] == ["host2", "host1", "host3"],
               "pdsh, and merge", got.stdout)


def check_playbook(stage, missing):
    if missing["ansible-playbook"]:
        tap.skip("ansible-playbook", missing["ansible-playbook"])
        return
    bin_dir = os.path.dirname(stage.leakscan)
    env = dict(os.environ, PATH=bin_dir + ":" + os.environ["PATH"], HOME=stage.path, LC_ALL="C.UTF-8",
               ANSIBLE_LOCALHOST_WARNING="False")
    argv = ["ansible-playbook", "-i", "one,two,", "-e", "ansible_connection=local", "-e",
            "leakscan_dir=" + stage.path + "/ansible", CONTRIB + "/fleet/leakscan.yml"]
    got, out = run(argv, env=env, cwd=stage.path)
    # both are this namespace, in which the leaking programs of the hosts are visible
    tap.result(got == 2 and "leakscan merge: exit status 1" in out and '"2 reports: ' in out,
               "ansible-playbook, and merge",
               "exit status %d\n%s" % (got, out))


def check_resolved(stage, hosts):
    hosts[0].leak("reap")
    hosts[0].update()
    eventually("one host is cleaned up: its alert is over, the other's is not",
               lambda: firing() == (["host2"], ["host2"]),
               lambda: "%s\n%s\n%s" % (firing(), query("leakscan_zombies"), logs(stage)))


def main():
    why = inside(*PACKAGES)
    if why:
        tap.skip("Prometheus and Alertmanager over three hosts", why)
        return tap.done()
    # now: there is no way out of the namespace that follows
    missing = {one.partition(":")[0]: installed(one) for one in RECIPES}
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        tap.skip("Prometheus and Alertmanager over three hosts", "no network namespace can be had here")
        return tap.done()
    run(["ip", "link", "set", "lo", "up"])
    with Stage() as stage:
        stage.leakscan = stage.plugin("leakscan")
        check_files(stage)
        check_units(stage)
        check_cron(stage)
        check_daemonset()
        hosts = [Host(stage, number) for number in (1, 2, 3)]
        wires = [ran for h in hosts for ran in h.wire]
        if any(status for status, _ in wires):
            tap.skip("Prometheus and Alertmanager over three hosts", "no veth: %s" % wires)
            return tap.done()
        start_engines(stage, hosts)
        if check_scraping(stage, hosts):
            check_alerts(stage, hosts)
            check_labels()
            check_board()
            check_merge(stage, hosts)
            check_many(stage, hosts, missing)
            check_playbook(stage, missing)
            check_resolved(stage, hosts)
        for h in hosts:
            h.end()
    tap.result(until(lambda: not others()), "nothing of it is left", others())
    return tap.done()


sys.exit(main())
