#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The code in the explanations is real: all of it compiles, and what it promises is tried.
# For LS101, in each language: the handler of the first line fails, and the child must be
# gone; also a child that ignores SIGTERM, which takes the five seconds and SIGKILL.
# A language that is missing on the machine is skipped, and counted.

# shellcheck disable=SC2016 # holds programs that others expand
. "$TOP_SRCDIR/tests/tap.sh"

CC=${CC:-cc}

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

# shellcheck disable=SC2086 # flags are to be split
if ! ${CC:-cc} -std=gnu11 ${TEST_CFLAGS:--I"$TOP_SRCDIR/src"} -o print_snippets \
	"$TOP_SRCDIR"/tests/print_snippets.c "$TOP_SRCDIR"/src/view/explain*.c 2>err ||
	! mkdir code || ! ./print_snippets code; then
	not_ok "snippets can be printed" "$(cat err)"
	done_testing
	exit
fi
ok "snippets can be printed"

ids=$(find code -name '*.C' | sed 's,.*/,,; s/[.]C$//' | sort)
# The children of the trials: each tells its pid, and ends by itself within a minute.
cat >child.sh <<'EOF'
[ "$1" = mild ] || trap '' TERM
trap '' PIPE
echo $$
exec sleep 30
EOF

# ---- what surrounds the code, and the trials

python_setup() {
	for id in $ids; do cp "code/$id.Python" "$id.py"; done
	cat >try.py <<'EOF'
import os, subprocess, sys, threading, time
import LS101, LS111, LS112, LS202
def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
for kind in ("mild", "stubborn"):
    pids = []
    def fail(line):
        pids.append(int(line))
        raise ValueError("planned")
    try:
        LS101.run(["sh", "child.sh", kind], fail)
    except ValueError as error:
        assert str(error) == "planned"
    assert len(pids) == 1 and gone(pids[0]), kind
lines = []
assert LS101.run(["sh", "-c", "echo a; echo b; exit 3"], lines.append) == 3
assert lines == ["a\n", "b\n"]
process = LS111.start(["true"])
end = time.monotonic() + 20
while not gone(process.pid):
    assert time.monotonic() < end, "a zombie stayed"
    time.sleep(0.01)
done = []
LS112.run_all(done.append, [1, 2, 3])
assert sorted(done) == [1, 2, 3]
import socket
server = socket.create_server(("127.0.0.1", 0))
def answer():
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.makefile("rb").read().upper())
threading.Thread(target=answer).start()
assert LS202.ask(server.getsockname(), b"hello") == b"HELLO"
import LS120, LS201
assert LS120.run_all([["true"], ["false"], ["true"]], at_once=2) == [0, 1, 0]
assert LS201.first_lines(["child.sh", "child.sh"])[1].startswith("[ ")
import logging, LS203, LS204, LS205, LS206, LS207
def opened(name):
    paths = (os.readlink("/proc/self/fd/" + fd) for fd in os.listdir("/proc/self/fd")
             if os.path.islink("/proc/self/fd/" + fd))
    return sum(name in path for path in paths)
for _ in range(20):
    LS203.logger_for("trial", "LS203.log").error("one")
assert opened("LS203.log") == 1
assert open("LS203.log").read() == "one\n" * 20
log = LS204.start_log("LS204.log")
logging.getLogger("x").error("one")
os.rename("LS204.log", "LS204.log.1")
os.unlink("LS204.log.1")
logging.getLogger("x").error("two")
assert opened("LS204.log") == 1 and open("LS204.log").read() == "two\n"
import socketserver
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), LS205.Lines) as lines_server:
    threading.Thread(target=lines_server.serve_forever, daemon=True).start()
    assert LS202.ask(lines_server.server_address, b"a\nb\n") == b"A\nB\n"
    lines_server.shutdown()
here, there = socket.socketpair()
with here, there:
    child = LS206.start_with(there, ["sh", "-c", "fd=${1#--fd=}; echo hi >/proc/self/fd/1; eval 'echo yes >&'$fd", "-"])
    assert here.recv(10) == b"yes\n" and child.wait() == 0
if hasattr(os, "pidfd_open"):
    process = subprocess.Popen(["sleep", "30"])
    assert not LS207.has_ended(process.pid, 0)
    process.kill()
    assert LS207.has_ended(process.pid, 20)
    process.wait()
    assert opened("pidfd") == 0
import LS301, LS302, LS303
noise = "i=0; while [ $i -lt 9000 ]; do echo 0123456789; echo 0123456789 >&2; i=$((i+1)); done; exit 3"
code, out, err = LS301.output_of(["sh", "-c", noise])
assert code == 3 and len(out) == 99000 and len(err) == 99000
server = LS302.start_server(["sh", "-c", "echo hi; exec sleep 30"], "LS302.py.log")
while open("LS302.py.log").read() != "hi\n":
    time.sleep(0.01)
server.kill()
server.wait()
before = opened("pipe:")
assert list(LS303.lines_of(["sh", "-c", "echo a; echo b"])) == ["a\n", "b\n"]
assert opened("pipe:") == before
EOF
}

node_setup() {
	{ cat code/LS101.Node; echo 'module.exports = { run };'; } >LS101.js
	{ cat code/LS111.Node; echo 'module.exports = { compute };'; } >LS111.js
	{ cat code/LS112.Node; echo 'module.exports = { runAll };'; } >LS112.js
	{ cat code/LS202.Node; echo 'module.exports = { send };'; } >LS202.js
	{ cat code/LS120.Node; echo 'module.exports = { runCommands };'; } >LS120.js
	{ cat code/LS201.Node; echo 'module.exports = { firstBytes };'; } >LS201.js
	{ cat code/LS203.Node; echo 'module.exports = { streamFor };'; } >LS203.js
	{ cat code/LS204.Node; echo 'module.exports = { openLog };'; } >LS204.js
	{ cat code/LS205.Node; echo 'module.exports = { serve };'; } >LS205.js
	{ cat code/LS206.Node; echo 'module.exports = { startWith };'; } >LS206.js
	{ cat code/LS207.Node; echo 'module.exports = { statusOf };'; } >LS207.js
	{ cat code/LS301.Node; echo 'module.exports = { outputOf };'; } >LS301.js
	{ cat code/LS302.Node; echo 'module.exports = { startServer };'; } >LS302.js
	{ cat code/LS303.Node; echo 'module.exports = { firstChunk };'; } >LS303.js
	echo "const w = require('node:worker_threads'); w.parentPort.postMessage(w.workerData * 2);" >double.js
	cat >try.js <<'EOF'
const assert = require('node:assert');
const fs = require('node:fs');
const gone = (pid) => { try { process.kill(pid, 0); return false; } catch { return true; } };
(async () => {
  const { run } = require('./LS101.js');
  for (const kind of ['mild', 'stubborn']) {
    let pid;
    await assert.rejects(run('sh', ['child.sh', kind], (line) => {
      pid = Number(line);
      throw new Error('planned');
    }), /planned/);
    assert(pid > 1 && gone(pid), kind);
  }
  const lines = [];
  assert.equal(await run('sh', ['-c', 'echo a; echo b; exit 3'], (l) => lines.push(l)), 3);
  assert.deepEqual(lines, ['a', 'b']);
  await assert.rejects(run('./no-such-program', [], () => {}), /ENOENT/);
  assert.equal(process.listenerCount('exit'), 0);
  assert.equal(await require('./LS111.js').compute('./double.js', 21), 42);
  await require('./LS112.js').runAll([]);
  const out = fs.createWriteStream('sent');
  await require('./LS202.js').send('child.sh', out);
  assert(out.destroyed || out.closed);
  assert.equal(fs.readFileSync('sent', 'utf8'), fs.readFileSync('child.sh', 'utf8'));
  const { once } = require('node:events');
  assert.deepEqual(await require('./LS120.js').runCommands([['true'], ['false'], ['true']], 2), [0, 1, 0]);
  assert.equal((await require('./LS201.js').firstBytes('child.sh', 2)).toString(), '[ ');
  const { streamFor } = require('./LS203.js');
  const stream = streamFor('LS203.node');
  assert.equal(streamFor('LS203.node'), stream);
  stream.end();
  await once(stream, 'close');
  assert.notEqual(streamFor('LS203.node'), stream);
  streamFor('LS203.node').destroy();
  const log = require('./LS204.js').openLog('LS204.node');
  const holds = (text) => { try { return fs.readFileSync('LS204.node', 'utf8') === text; } catch { return false; } };
  const until = async (test) => { while (!test()) await new Promise((go) => setTimeout(go, 10)); };
  log('one');
  await until(() => holds('one\n'));
  fs.renameSync('LS204.node', 'LS204.node.1');
  process.emit('SIGHUP');
  log('two');
  await until(() => holds('two\n'));
  process.removeAllListeners('SIGHUP');
  const net = require('node:net');
  const server = require('./LS205.js').serve(0, (data) => data.toString().toUpperCase());
  await once(server, 'listening');
  const client = net.connect(server.address().port, '127.0.0.1', () => client.write('abc'));
  const [answer] = await once(client, 'data');
  assert.equal(answer.toString(), 'ABC');
  client.end();
  await once(client, 'close');
  server.close();
  await once(server, 'close');          // only when no connection is left
  const file = fs.openSync('LS206.node', 'w');
  const child = require('./LS206.js').startWith(file, 'sh', ['-c', 'echo $1 >&3', '-']);
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(fs.readFileSync('LS206.node', 'utf8'), '--fd=3\n');
  fs.closeSync(file);
  assert.equal(await require('./LS207.js').statusOf('sh', ['-c', 'exit 5']), 5);
  const noise = 'i=0; while [ $i -lt 9000 ]; do echo 0123456789; echo 0123456789 >&2; i=$((i+1)); done; exit 3';
  const { code, out: said, err } = await require('./LS301.js').outputOf('sh', ['-c', noise]);
  assert(code === 3 && said.length === 99000 && err.length === 99000);
  const writer = require('./LS302.js').startServer('sh', ['-c', 'echo hi'], 'LS302.node.log');
  await once(writer, 'exit');
  assert.equal(fs.readFileSync('LS302.node.log', 'utf8'), 'hi\n');
  const { firstChunk } = require('./LS303.js');
  assert.equal(await firstChunk('sh', ['-c', 'echo hi; exec sleep 1']), 'hi\n');
  assert.equal(await firstChunk('true', []), '');
  await assert.rejects(firstChunk('./no-such-program', []), /ENOENT/);
})().catch((error) => { console.error(error); process.exitCode = 1; });
EOF
}

java_setup() {
	{
		echo 'import java.io.*; import java.net.*; import java.nio.channels.*; import java.nio.file.*; import java.util.*;'
		echo 'import java.util.concurrent.*; import java.util.function.*;'
		echo 'import java.util.stream.*;'
		echo 'class Try {'
		for id in $ids; do cat "code/$id.Java"; done
		cat <<'EOF'
    static void check(boolean good, String what) {
        if (!good)
            throw new AssertionError(what);
    }
    static boolean gone(long pid) throws Exception {
        for (int i = 0; i < 200; i++) {     // SIGKILL is not waited for
            if (!ProcessHandle.of(pid).isPresent())
                return true;
            Thread.sleep(50);
        }
        return false;
    }
    public static void main(String[] args) throws Exception {
        for (String kind : List.of("mild", "stubborn")) {
            long[] pid = { 0 };
            try {
                run(List.of("sh", "child.sh", kind), line -> {
                    pid[0] = Long.parseLong(line);
                    throw new IllegalStateException("planned");
                });
                check(false, "no exception");
            } catch (IllegalStateException planned) {
                check(planned.getMessage().equals("planned"), planned.toString());
            }
            check(pid[0] > 1 && gone(pid[0]), kind);
        }
        List<String> lines = new ArrayList<>();
        check(run(List.of("sh", "-c", "echo a; echo b; exit 3"), lines::add) == 3, "status");
        check(lines.equals(List.of("a", "b")), "lines");
        check(start(List.of("sh", "-c", "exit 4")).get() == 4, "LS111");
        LongAdder sum = new LongAdder();
        runAll(List.of(sum::increment, sum::increment));
        check(sum.sum() == 2, "LS112");
        check(countFiles(Paths.get("code")) >= 24, "LS202");
        check(runAtMost(2, List.of(List.of("true"), List.of("false"), List.of("true")))
                .equals(List.of(0, 1, 0)), "LS120");
        check(new String(firstBytes(Paths.get("child.sh"), 2)).equals("[ "), "LS201");
        Pipe pipe = Pipe.open();
        check(!waitReadable(pipe.source(), 1), "LS203: nothing");
        pipe.sink().write(java.nio.ByteBuffer.wrap(new byte[1]));
        check(waitReadable(pipe.source(), 20000), "LS203: a byte");
        pipe.sink().close();
        pipe.source().close();
        LogFile log = new LogFile(Paths.get("LS204.java"));
        log.line("one");
        Files.move(Paths.get("LS204.java"), Paths.get("LS204.java.1"));
        log.reopen();
        log.line("two");
        check(Files.readAllLines(Paths.get("LS204.java")).equals(List.of("two")), "LS204");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            Socket accepted = server.accept();
            client.getOutputStream().write("abc\n".getBytes());
            client.shutdownOutput();
            serve(accepted);
            check(accepted.isClosed(), "LS205: closed");
            check(new String(client.getInputStream().readAllBytes()).equals("ABC\n"), "LS205");
        }
        Process cat = startWith(Paths.get("child.sh"), List.of("cat"));
        check(new String(cat.getInputStream().readAllBytes())
                .equals(Files.readString(Paths.get("child.sh"))), "LS206");
        Process sleep = startWith(Paths.get("child.sh"), List.of("sleep", "30"));
        check(!hasEnded(sleep.pid(), 0), "LS207: too early");
        sleep.destroyForcibly();
        check(hasEnded(sleep.pid(), 20), "LS207");
        LongAdder length = new LongAdder();
        check(logOutput(List.of("sh", "-c", "i=0; while [ $i -lt 9000 ]; do echo 0123456789;"
                + " echo 0123456789 >&2; i=$((i+1)); done; exit 3"),
                line -> length.add(line.length())) == 3, "LS301: status");
        check(length.sum() == 180000, "LS301");
        startServer(List.of("sh", "-c", "echo hi; echo ho >&2"), Paths.get("LS302.java.log")).waitFor();
        check(Files.readAllLines(Paths.get("LS302.java.log")).equals(List.of("hi", "ho")), "LS302");
        check(firstLine(List.of("sh", "-c", "echo a; exec sleep 30")).equals("a"), "LS303");
        check(firstLine(List.of("true")) == null, "LS303: nothing");
    }
}
EOF
	} >Try.java
	sed -i 's/^import java.util.stream/import java.util.concurrent.atomic.*; &/' Try.java
}

c_setup() {
	{
		echo '#define _GNU_SOURCE'
		for h in errno fcntl netinet/in poll pthread signal spawn stdint stdio stdlib \
			string sys/epoll sys/eventfd sys/prctl sys/socket sys/syscall \
			sys/timerfd sys/wait time unistd; do
			echo "#include <$h.h>"
		done
		echo 'int run(char *const argv[], int (*handle)(const char *line));'
		echo 'int reap_children(void);'
		echo 'int run_all(size_t n, void *(*work)(void *), void *args[]);'
		echo 'ssize_t read_start(const char *path, void *buffer, size_t size);'
		echo 'int run_at_most(int most, char *const *const *commands, size_t n);'
		echo 'int make_timer(long seconds, int *event, int *timer);'
		echo 'int event_queue(void);'
		echo 'int reopen_log(int *fd, const char *path);'
		echo 'int serve_readable(int fd, void (*handle)(const char *data, size_t n));'
		echo 'int listen_on(uint16_t port);'
		echo 'int await_end(pid_t pid, int timeout_ms);'
		echo 'int read_both(const int fds[2], void (*take)(int which, const char *data, size_t n));'
		echo 'pid_t start_filter(char *const argv[], int *input);'
		echo 'int open_reader(char *const argv[], pid_t *pid);'
		echo 'int close_reader(int fd, pid_t pid);'
		for id in $ids; do cat "code/$id.C"; done
		cat <<'EOF'
static pid_t seen;
static int lines;
static int fail(const char *line) { seen = atoi(line); return -7; }
static int count(const char *line) { (void)line; lines++; return 0; }
static void *mark(void *arg) { *(int *)arg = 1; return NULL; }
static void take(const char *data, size_t n) { (void)data; lines += (int)n; }
static void take_both(int which, const char *data, size_t n) { (void)data; lines += (int)n << 8 * which; }
#define CHECK(c) do { if (!(c)) { printf("line %d: %s\n", __LINE__, #c); return 1; } } while (0)
int main(void)
{
    char *mild[] = { "sh", "child.sh", "mild", NULL };
    char *stubborn[] = { "sh", "child.sh", "stubborn", NULL };
    char *plain[] = { "sh", "-c", "echo a; echo b; exit 3", NULL };
    int a = 0, b = 0;
    void *args[] = { &a, &b };
    char text[3];

    CHECK(run(mild, fail) == -7 && seen > 1 && kill(seen, 0) < 0 && errno == ESRCH);
    seen = 0;
    CHECK(run(stubborn, fail) == -7 && seen > 1 && kill(seen, 0) < 0 && errno == ESRCH);
    int status = run(plain, count);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3 && lines == 2);
    CHECK(run_all(2, mark, args) == 0 && a && b);
    CHECK(read_start("child.sh", text, 3) == 3 && text[0] == '[');
    CHECK(read_start("no such file", text, 3) == -1 && errno == ENOENT);
    CHECK(reap_children() == 0);
    for (int i = 0; i < 20; i++)
        if (fork() == 0)
            _exit(0);
    for (int i = 0; i < 4000 && !(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); i++)
        usleep(5000);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);

    char *yes[] = { "true", NULL }, *no[] = { "false", NULL };
    char *const *const commands[] = { yes, no, yes };
    CHECK(run_at_most(2, commands, 3) == 1);
    CHECK(make_timer(1, &a, &b) == 0 && close(a) == 0 && close(b) == 0);
    a = 1;
    CHECK(event_queue() >= 0 && event_queue() == event_queue());
    CHECK(reopen_log(&a, "no such directory/log") == -1 && a == 1);
    a = -1;
    CHECK(reopen_log(&a, "LS204.c.log") == 0 && a > 2);
    b = a;
    CHECK(reopen_log(&a, "LS204.c.log") == 0 && a != b && fcntl(b, F_GETFD) < 0);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "abc", 3) == 3);
    lines = 0;
    CHECK(serve_readable(pair[1], take) == 1 && lines == 3 && serve_readable(pair[1], take) == 1);
    close(pair[0]);
    CHECK(serve_readable(pair[1], take) == 0 && fcntl(pair[1], F_GETFD) < 0);
    int listener = listen_on(0);
    CHECK(listener > 2 && (fcntl(listener, F_GETFD) & FD_CLOEXEC));
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    CHECK(await_end(child, 0) == 0);
    CHECK(kill(child, SIGKILL) == 0 && await_end(child, 20000) == 1);
    CHECK(waitpid(child, NULL, 0) == child && await_end(child, 0) == -1);

    int first[2], second[2];
    CHECK(pipe2(first, O_CLOEXEC) == 0 && pipe2(second, O_CLOEXEC) == 0);
    child = fork();
    if (child == 0) {
        if (write(second[1], "abc", 3) != 3 || write(first[1], "de", 2) != 2)
            _exit(1);
        _exit(0);
    }
    close(first[1]);
    close(second[1]);
    lines = 0;
    const int both[2] = { first[0], second[0] };
    CHECK(read_both(both, take_both) == 0 && lines == 0x302);
    CHECK(waitpid(child, NULL, 0) == child);
    char *cat[] = { "sh", "-c", "cat >LS302.c", NULL }, *missing[] = { "./no-such", NULL };
    int input = -1;
    child = start_filter(cat, &input);
    CHECK(child > 0 && write(input, "abc", 3) == 3 && close(input) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(read_start("LS302.c", text, 3) == 3 && text[2] == 'c');
    CHECK(start_filter(missing, &input) == -1 && errno == ENOENT);
    char *echo[] = { "sh", "-c", "echo hi; exit 3", NULL };
    int reader = open_reader(echo, &child);
    CHECK(reader > 2 && read(reader, text, 3) == 3 && text[0] == 'h');
    CHECK(WEXITSTATUS(close_reader(reader, child)) == 3 && fcntl(reader, F_GETFD) < 0);
    return 0;
}
EOF
	} >try.c
}

go_setup() {
	mkdir -p go && {
		echo 'package main'
		echo 'import ("bufio"; "context"; "errors"; "fmt"; "io"; "net"; "net/http"; "os"; "os/exec"'
		echo '"strconv"; "strings"; "sync"; "syscall"; "time")'
		for id in $ids; do cat "code/$id.Go"; done
		cat <<'EOF'
func check(good bool, what string) {
	if !good {
		println(what)
		os.Exit(1)
	}
}
func main() {
	for _, kind := range []string{"mild", "stubborn"} {
		pid := 0
		planned := errors.New("planned")
		err := run(context.Background(), func(line string) error {
			pid, _ = strconv.Atoi(line)
			return planned
		}, "sh", "child.sh", kind)
		check(errors.Is(err, planned) && pid > 1, kind)
		check(syscall.Kill(pid, 0) == syscall.ESRCH, kind)
	}
	lines := 0
	err := run(context.Background(), func(string) error { lines++; return nil },
		"sh", "-c", "echo a; echo b; exit 3")
	var exit *exec.ExitError
	check(errors.As(err, &exit) && exit.ExitCode() == 3 && lines == 2, "status")
	_, done, err := start("true")
	check(err == nil && <-done == nil, "LS111")
	sum := make(chan int, 2)
	runAll([]func(){func() { sum <- 1 }, func() { sum <- 1 }})
	check(len(sum) == 2, "LS112")
	_, err = fetch(http.DefaultClient, "http://127.0.0.1:1/")
	check(err != nil, "LS202")
	check(runAtMost(2, [][]string{{"true"}, {"false"}, {"true"}}) != nil, "LS120: false")
	check(runAtMost(2, [][]string{{"true"}, {"true"}}) == nil, "LS120")
	line, err := firstLineOf("../child.sh")
	check(err == nil && line[0] == '[', "LS201")
	first, err := openJournal("LS203.go.log")
	again, _ := openJournal("LS203.go.log")
	check(err == nil && first == again, "LS203")
	log := &logFile{path: "LS204.go.log"}
	check(log.reopen() == nil && log.reopen() == nil, "LS204")
	_, err = log.Write([]byte("x"))
	check(err == nil, "LS204: write")
	near, far := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- serveLines(far) }()
	fmt.Fprintln(near, "abc")
	answer, _ := bufio.NewReader(near).ReadString('\n')
	near.Close()
	check(answer == "abc\n" && <-served == nil, "LS205")
	child, err := startWith(log.file, "sh", "-c", "echo $1 >&3", "-")
	check(err == nil && child.Wait() == nil, "LS206")
	check(isAlive(os.Getpid()) && !isAlive(child.Process.Pid), "LS207")
	out, errs, err := outputOf("sh", "-c", "i=0; while [ $i -lt 9000 ]; do echo 0123456789;"+
		" echo 0123456789 >&2; i=$((i+1)); done; exit 3")
	check(errors.As(err, &exit) && exit.ExitCode() == 3, "LS301: status")
	check(len(out) == 99000 && len(errs) == 99000, "LS301")
	var said strings.Builder
	check(runStep(&said, "sh", "-c", "echo hi") == nil && said.String() == "hi\n", "LS302")
	err = runStep(&said, "sh", "-c", "sleep 9 & exit 0")
	check(errors.Is(err, exec.ErrWaitDelay), "LS302: somebody was left")
	n, err := countOutput("sh", "-c", "echo abc; exit 3")
	check(n == 4 && errors.As(err, &exit) && exit.ExitCode() == 3, "LS303")
}
EOF
	} >go/try.go
}

shell_setup() {
	for kind in mild stubborn; do
		{
			echo "handle_line() { echo \"\$1\" >pid.$kind; return 1; }"
			cat code/LS101.shell
			echo "run sh child.sh $kind; exit 99"
		} >"LS101.$kind.sh"
	done
	{
		echo 'handle_line() { echo "$1"; }'
		cat code/LS101.shell
		echo 'run sh -c "echo a; echo b; exit 3"; status=$?; child=; exit $status'
	} >LS101.plain.sh
	{
		echo 'helper() { exec sleep 30; }; server() { exec sleep 30; }'
		echo 'echo $$ >pid.script'
		sed 's/^trap /echo "$helper" >pid.helper; echo "$server" >pid.server; &/' code/LS111.shell
	} >LS111.sh
	cat >try.sh <<'EOF'
gone() { ! kill -0 "$(cat "$1")" 2>/dev/null; }
die() { echo "$*"; exit 1; }
for kind in mild stubborn; do
	bash LS101.$kind.sh
	[ $? -eq 1 ] || die "$kind: status"
	[ -s pid.$kind ] && gone pid.$kind || die "$kind: not gone"
done
out=$(bash LS101.plain.sh)
[ $? -eq 3 ] || die "plain: status"
[ "$out" = "a
b" ] || die "plain: lines"
bash LS111.sh &
until [ -s pid.server ]; do sleep 0.05; done
sleep 0.2
kill -TERM "$!"
wait "$!"
[ $? -eq 143 ] || die "LS111: status"
gone pid.server && gone pid.helper || die "LS111: not gone"
. code/LS112.shell
threads_of $$ | grep -Eq "^$$ [SR] " || die "LS112: $(threads_of $$)"
run_limited true || die "LS112: run_limited"
. code/LS202.shell
[ "$(count_lines child.sh child.sh)" -eq 8 ] || die "LS202"
. code/LS120.shell
run_at_most 2 'echo a >LS120.a' 'echo b >LS120.b' 'echo c >LS120.c'
[ "$(cat LS120.a LS120.b LS120.c)" = "a
b
c" ] || die "LS120"
. code/LS201.shell
log_line LS201.sh.log one && log_line LS201.sh.log two words
[ "$(cat LS201.sh.log)" = "one
two words" ] || die "LS201"
. code/LS203.shell
printf 'a\nb\n' | log_lines LS203.sh.log
[ "$(grep -cE '^..:..:.. [ab]$' LS203.sh.log)" -eq 2 ] || die "LS203"
(
	LOG=LS204.sh.log
	. code/LS204.shell
	echo one
	mv LS204.sh.log LS204.sh.log.1
	kill -HUP "$BASHPID"
	echo two
)
[ "$(cat LS204.sh.log LS204.sh.log.1)" = "two
one" ] || die "LS204"
. code/LS205.shell
ask 127.0.0.1 1 hello 2>/dev/null && die "LS205: nobody is there"
. code/LS206.shell
start_once LS206.lock sleep 30
flock -n LS206.lock true && die "LS206: no lock"
exec 9>&-
flock -n LS206.lock true || die "LS206: the child has the lock"
kill "$!"
. code/LS207.shell
run_limited_to 20 sh -c 'exit 7'
[ $? -eq 7 ] || die "LS207"
. code/LS301.shell
run_logged LS301.sh.log sh -c 'echo out; echo err >&2; exit 3'
[ $? -eq 3 ] || die "LS301: status"
[ "$(cat LS301.sh.log)" = "out
err" ] || die "LS301"
. code/LS302.shell
out=$(start_server LS302.sh.log sleep 30; echo $!)	# would last 30 s
kill "$out" || die "LS302"
. code/LS303.shell
[ "$(first_line sh -c 'echo a; echo b')" = a ] || die "LS303"
EOF
}

# ---- all at once, for the stubborn children take five seconds each

try_python() { python3 -B try.py; }
try_node() { node try.js; }
try_java() { javac -Xlint:all -Werror -d . Try.java && java -Xshare:auto -cp . Try; }
# shellcheck disable=SC2086
try_c() { ${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -o try_c try.c -pthread && ./try_c; }
try_go() { (cd go && go vet try.go && go build -o ../try_go try.go) && ./try_go; }
try_shell() { bash try.sh; }

started=
trial() {	# trial LANGUAGE TOOL...
	local language=$1 tool
	shift
	for tool in "$@"; do
		# A version manager may answer to the name and yet have nothing to run.
		if ! command -v "$tool" >/dev/null 2>&1; then
			skip "$language code compiles and keeps its promise" "no $tool here"
			return
		fi
	done
	"${language}_setup"
	(
		"try_$language" >"$language.out" 2>&1
		echo $? >"$language.status"
	) &
	started="$started $language"
}

trial python python3
trial node node
trial go go
trial java javac java
trial c "${CC%% *}"
trial shell bash timeout flock
wait
for language in $started; do
	if [ "$(cat "$language.status")" -eq 0 ]; then
		ok "$language code compiles and keeps its promise"
	else
		not_ok "$language code compiles and keeps its promise" "$(cat "$language.out")"
	fi
done
if command -v shellcheck >/dev/null 2>&1; then
	for id in $ids; do
		check "shellcheck agrees with the shell code of $id" \
			shellcheck -s bash -e SC2154,SC2034,SC2317 "code/$id.shell"
	done
else
	skip "shellcheck agrees with the shell code" "no shellcheck here"
fi
done_testing
