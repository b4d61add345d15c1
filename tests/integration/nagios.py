#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_leakscan as Nagios, NRPE and Icinga run it: the real daemons from the distribution's
packages, on loopback, with configurations of their own. An application leaks and is cleaned
up, and each of them must come to the same states. All names in it are hostile."""
import os
import re
import shutil
import subprocess
import sys
import time

from engine import PATIENCE, SRC, Stage, Tap, free_port, inside, others, read, until

PLUGINS = "/usr/lib/nagios/plugins"
PACKAGES = ("nrpe:nagios-nrpe-server", PLUGINS + "/check_nrpe:nagios-nrpe-plugin",
            "nagios4:nagios4-core", PLUGINS + "/check_procs:monitoring-plugins-basic",
            "icinga2:icinga2-bin", "setcap:libcap2-bin")
# What contrib/nrpe/leakscan.cfg advises, for else nagios may not read what NRPE runs as.
CAPABILITIES = "cap_sys_ptrace,cap_dac_read_search=ep"
LABELS = ["leaks", "orphans", "zombies", "pipes", "zombie_age", "fd_pct", "fds", "children",
          "processes", "time"]
STATES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
LIMITS = ["--zombies", "0,2", "-v", "-t", "100"]
# a|b=9, newline, ESC, quotes, half a character, and what a shell would like
SHOWN = "a%7cb=9%0a%1b%27%22%ff%60%24c"

tap = Tap()


class App:
    """leaky.py as somebody who is not nagios."""

    def __init__(self, stage):
        script = os.path.join(stage.dir("app"), "leaky.py")
        shutil.copy(os.path.join(SRC, "tests/integration/leaky.py"), script)
        self.stage = stage
        self.process = stage.start(["/usr/bin/python3", script], user="nobody", group="nogroup", text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   bufsize=1)
        self.tell("reap")

    def tell(self, words):
        self.process.stdin.write(words + "\n")
        return self.process.stdout.readline()

    def end(self):
        self.stage.end(self.process)


class Answer:
    """A state, its first line without performance data, and that."""

    def __init__(self, state, text, perfdata, more=""):
        self.state, self.text, self.perfdata, self.more = state, text, perfdata, more

    def wrong(self, state):
        """What is not as it must be in that state; "" when all is."""
        if self.state != state:
            return "state %s" % self.state
        if not self.text.startswith("LEAKSCAN %s: " % STATES[state]) or len(self.text) >= 80:
            return "text"
        if re.findall(r"(?:^| )'?([^ =']+)'?=", self.perfdata) != LABELS:
            return "labels"
        if re.search(r"[^ -~]", self.text + self.perfdata) or "|" in self.text + self.perfdata:
            return "characters"
        return ""

    def __str__(self):
        return "%s\n%s\n%s\n%s" % (self.state, self.text, self.perfdata, self.more)


class Nrpe:
    name = "check_nrpe -> nrpe -> check_leakscan"

    def __init__(self, stage, command):
        self.port = free_port()
        self.log = os.path.join(stage.path, "nrpe.log")
        config = stage.file("nrpe/nrpe.cfg", "\n".join([
            "server_address=127.0.0.1", "server_port=%d" % self.port, "nrpe_user=nagios",
            "nrpe_group=nagios", "allowed_hosts=127.0.0.1", "dont_blame_nrpe=0",
            "command_timeout=120", "disable_syslog=1", "log_file=" + self.log,
            "pid_file=" + os.path.join(stage.path, "nrpe/pid"),
            "command[leaks]=" + " ".join(command), ""]))
        self.process = stage.start([shutil.which("nrpe", path="/usr/sbin:/usr/bin"), "-c",
                                    config, "-f"], log="nrpe.out")
        self.plugin = [PLUGINS + "/check_nrpe", "-H", "127.0.0.1", "-p", str(self.port),
                       "-t", "120", "-c", "leaks"]

    def answer(self):
        ran = subprocess.run(self.plugin, capture_output=True, check=False,
                             stdin=subprocess.DEVNULL, timeout=240)
        text = ran.stdout.decode("utf-8", "backslashreplace")
        first, _, more = text.partition("\n")
        text, _, perfdata = first.partition(" | ")
        return Answer(ran.returncode, text, perfdata, more)

    def why(self):
        return read(self.log)


NAGIOS = """log_file={d}/nagios.log
cfg_file={d}/objects.cfg
cfg_file={contrib}
resource_file={d}/resource.cfg
status_file={d}/status.dat
status_update_interval=1
temp_file={d}/nagios.tmp
temp_path={d}
check_result_path={d}/results
check_result_reaper_frequency=1
command_file={d}/nagios.cmd
query_socket={d}/nagios.qh
lock_file={d}/nagios.lock
object_cache_file={d}/objects.cache
precached_object_file={d}/objects.precache
state_retention_file={d}/retention.dat
service_check_timeout=150
interval_length=1
check_workers=2
use_syslog=0
enable_notifications=0
retain_state_information=0
check_for_updates=0
event_broker_options=0
nagios_user=nagios
nagios_group=nagios
illegal_macro_output_chars=`~$&|'"<>
"""
OBJECTS = """define timeperiod {{
 timeperiod_name always
 alias always
 sunday 00:00-24:00
 monday 00:00-24:00
 tuesday 00:00-24:00
 wednesday 00:00-24:00
 thursday 00:00-24:00
 friday 00:00-24:00
 saturday 00:00-24:00
}}
define command {{
 command_name none
 command_line /bin/true
}}
define command {{
 command_name by_nrpe
 command_line {nrpe}
}}
define contact {{
 contact_name nobody
 service_notification_commands none
 host_notification_commands none
 service_notification_period always
 host_notification_period always
}}
define host {{
 host_name here
 address 127.0.0.1
 max_check_attempts 1
 check_command none
 check_period always
 contacts nobody
}}
define service {{
 host_name here
 service_description direct
 check_command check_leakscan!{arguments}
 check_interval 2
 retry_interval 2
 max_check_attempts 1
 check_period always
 contacts nobody
}}
define service {{
 host_name here
 service_description nrpe
 check_command by_nrpe
 check_interval 2
 retry_interval 2
 max_check_attempts 1
 check_period always
 contacts nobody
}}
"""


class Nagios:
    """The shipped command definition, and a service that goes through NRPE."""

    def __init__(self, stage, plugin, arguments, nrpe):
        d = stage.dir("nagios")
        stage.dir("nagios/results")
        stage.file("nagios/resource.cfg", "$USER1$=%s\n" % os.path.dirname(plugin))
        stage.file("nagios/objects.cfg",
                   OBJECTS.format(nrpe=" ".join(nrpe.plugin), arguments=" ".join(arguments)))
        config = stage.file("nagios/nagios.cfg", NAGIOS.format(
            d=d, contrib=shutil.copy(os.path.join(SRC, "contrib/nagios/leakscan.cfg"), d)))
        program = shutil.which("nagios4", path="/usr/sbin:/usr/bin")
        self.verified = subprocess.run([program, "-v", config], capture_output=True, text=True,
                                       check=False, stdin=subprocess.DEVNULL)
        self.status, self.log = d + "/status.dat", d + "/nagios.log"
        self.process = stage.start([program, config], log="nagios.out")

    def service(self, name):
        for block in re.findall(r"servicestatus \{\n(.*?)\n\t\}", read(self.status), re.S):
            fields = dict(line.strip().split("=", 1) for line in block.splitlines())
            if fields["service_description"] == name and fields["has_been_checked"] == "1":
                return Answer(int(fields["current_state"]), fields["plugin_output"],
                              fields["performance_data"], fields["long_plugin_output"])
        return Answer(None, "", "")

    def why(self):
        return read(self.log)


class NagiosService:
    def __init__(self, nagios, which):
        self.name = "nagios4, service " + which
        self.answer = lambda: nagios.service(which)
        self.why = nagios.why


ICINGA = """include <itl>
const PluginDir = "{plugins}"
const NodeName = "here"
object FileLogger "log" {{ severity = "information", path = "{d}/log/icinga2.log" }}
object CheckerComponent "checker" {{ }}
object PerfdataWriter "perfdata" {{
 host_perfdata_path = "{d}/perf/host"
 service_perfdata_path = "{d}/perf/service"
 host_temp_path = "{d}/perf.tmp/host"
 service_temp_path = "{d}/perf.tmp/service"
 service_format_template = "STATE=$service.state_id$\\tPERF=$service.perfdata$\\tTEXT=$service.output$"
 rotation_interval = 1s
}}
include "leakscan.conf"
object Host "here" {{
 check_command = "dummy"
}}
object Service "leaks" {{
 host_name = "here"
 check_command = "leakscan"
 check_interval = 2s
 retry_interval = 2s
 max_check_attempts = 1
 vars.leakscan_pid = [ "{pid}" ]
 check_timeout = 150s
 vars.leakscan_zombies = "0,2"
 vars.leakscan_timeout = 100
 vars.leakscan_state = "{d}/state.db"
}}
"""


class Icinga:
    """The shipped CheckCommand, and what is stored as performance data."""
    name = "icinga2 with our CheckCommand"

    def __init__(self, stage, plugin, pid):
        d = self.d = stage.dir("icinga")
        for name in ("log", "cache", "lib/api/zones", "lib/certs", "spool/perfdata", "spool/tmp",
                     "run/cmd", "perf", "perf.tmp"):
            stage.dir("icinga/" + name)
        shutil.copy(os.path.join(SRC, "contrib/icinga2/leakscan.conf"), d)
        config = stage.file("icinga/icinga2.conf",
                            ICINGA.format(plugins=os.path.dirname(plugin), d=d, pid=pid))
        where = ["-D%s=%s/%s" % (name, d, sub) for name, sub in (
            ("LogDir", "log"), ("CacheDir", "cache"), ("DataDir", "lib"), ("SpoolDir", "spool"),
            ("InitRunDir", "run"))] + ["-DRunAsUser=nagios", "-DRunAsGroup=nagios"]
        program = shutil.which("icinga2", path="/usr/sbin:/usr/bin")
        self.verified = subprocess.run([program, "daemon", "-C", *where, "-c", config],
                                       capture_output=True, text=True, check=False,
                                       stdin=subprocess.DEVNULL)
        self.process = stage.start([program, "daemon", *where, "-c", config], log="icinga.out")

    def answer(self):
        """The newest line of the newest file."""
        files = sorted(f for f in os.listdir(self.d + "/perf") if f.startswith("service."))
        for name in reversed(files):
            lines = [line for line in read(self.d + "/perf/" + name).splitlines()
                     if line.startswith("STATE=")]
            if lines:
                fields = dict(f.split("=", 1) for f in lines[-1].split("\t"))
                return Answer(int(fields["STATE"]), fields["TEXT"].strip(), fields["PERF"])
        return Answer(None, "", "")

    def why(self):
        return read(self.d + "/log/icinga2.log")


def blind(stage, plugin):
    """/proc as users see it that may only see themselves; root has a zombie."""
    script = r"""mount -o remount,hidepid=2 /proc || exit 99
python3 -c 'import os, time
if not os.fork(): os._exit(0)
time.sleep(300)' &
app=$!
until grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.1; done
for check in "%s/check_procs -w 0 -c 0 -s Z" "%s --no-state --only zombie" \
        "%s --no-state --if-missing ok -p $app"; do
    setpriv --reuid nagios --regid nagios --clear-groups -- $check
    echo "rc=$?"
done
""" % (PLUGINS, plugin, plugin)
    ran = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh",
                          "-c", script], capture_output=True, text=True, check=False,
                         stdin=subprocess.DEVNULL, cwd=stage.path)
    if ran.returncode == 99:
        tap.skip("hidepid", "/proc cannot be mounted with hidepid here")
        return
    codes = re.findall(r"^rc=(\d+)$", ran.stdout, re.M)
    tap.result(codes[:1] == ["0"] and "PROCS OK: 0 processes" in ran.stdout,
               "hidepid: check_procs says OK as nagios", ran)
    tap.result(codes[1:] == ["3", "3"] and ran.stdout.count("LEAKSCAN UNKNOWN") == 2 and
               ran.stderr == "", "hidepid: check_leakscan says UNKNOWN as nagios", ran)


def phase(name, state, engines, part=""):
    for engine in engines:
        seen = until(lambda engine=engine: engine.answer().wrong(state) == "",
                     20 if tap.failed else PATIENCE)
        answer = engine.answer()
        tap.result(seen and part in answer.text, "%s: %s by %s" % (name, STATES[state],
                                                                   engine.name),
                   "%s\n%s\n%s" % (answer.wrong(state), answer, engine.why()[-2000:]))


def play(stage):
    plugin = stage.plugin()
    caps = subprocess.run(["setcap", CAPABILITIES, plugin], capture_output=True, text=True,
                          check=False, env=dict(os.environ, PATH=os.environ["PATH"] + ":/sbin:/usr/sbin"))
    tap.result(caps.returncode == 0, "the plugin is given capabilities", caps.stderr)
    app = App(stage)
    state = os.path.join(stage.dir("state"), "direct.db")
    arguments = ["-p", str(app.process.pid), *LIMITS]
    nrpe = Nrpe(stage, [plugin, *arguments, "--state", state + ".nrpe"])
    nagios = Nagios(stage, plugin, [*arguments, "--state", state], nrpe)
    icinga = Icinga(stage, plugin, app.process.pid)
    tap.result("Total Errors:   0" in nagios.verified.stdout, "nagios4 takes our command",
               nagios.verified.stdout)
    tap.result(icinga.verified.returncode == 0, "icinga2 takes our CheckCommand",
               icinga.verified.stdout + icinga.verified.stderr)
    engines = [nrpe, NagiosService(nagios, "direct"), NagiosService(nagios, "nrpe"), icinga]

    phase("nothing leaked", 0, engines)
    app.tell("zombies 1")
    phase("a leak", 1, engines, "1 zombie: ")
    app.tell("zombies 4")
    phase("a bad leak", 2, engines, "4 zombies, worst: ")
    more = nrpe.answer().more
    tap.result(len(more.splitlines()) == 4 and more.count(SHOWN) >= 8 and "|" not in more,
               "check_nrpe keeps the lines below", more)
    app.tell("reap")
    phase("cleaned up", 0, engines)
    app.end()
    phase("the application is gone", 3, engines, "is not there")

    blind(stage, stage.plugin("bare/check_leakscan"))
    for engine in (icinga, nagios, nrpe):
        stage.end(engine.process)
    stage.started.clear()
    left = until(lambda: "" if others() else "nobody")
    tap.result(left, "nothing of it is left", "\n".join(others()))


def main():
    start = time.monotonic()
    why = inside(*PACKAGES)
    if why:
        for what in ("check_nrpe -> nrpe -> check_leakscan", "nagios4", "icinga2", "hidepid"):
            tap.skip(what, why)
        return tap.done()
    with Stage(owner="nagios") as stage:
        play(stage)
    print("# took %.0f s" % (time.monotonic() - start))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
