/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS120 means and how children pile up. The kernel lists the children of a process;
 * which of them it still wants, only the program knows.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Popen in a loop starts one more each time, and nothing waits "
			"for one that hangs. A pool bounds how many run at once, and "
			"run() with a timeout ends each and waits for it.",
		.code =
			"import subprocess\n"
			"from concurrent.futures import ThreadPoolExecutor\n"
			"\n"
			"def run_all(commands, at_once=4, timeout=60):\n"
			"    def run(command):\n"
			"        return subprocess.run(command, timeout=timeout).returncode\n"
			"    with ThreadPoolExecutor(at_once) as pool:\n"
			"        return list(pool.map(run, commands))\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"spawn() for each event never waits, so children start faster "
			"than they end. Let a few workers take commands from a queue, "
			"and give each child a timeout.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"\n"
			"const runOne = ([file, ...args]) => new Promise((resolve, reject) => {\n"
			"  const child = spawn(file, args, { stdio: 'ignore', timeout: 60000 });\n"
			"  child.once('error', reject);\n"
			"  child.once('exit', (code, signal) => resolve(signal ?? code));\n"
			"});\n"
			"\n"
			"async function runCommands(commands, atOnce = 4) {\n"
			"  const statuses = [];\n"
			"  const queue = [...commands.entries()];\n"
			"  const worker = async () => {\n"
			"    for (let next; (next = queue.shift());)\n"
			"      statuses[next[0]] = await runOne(next[1]);\n"
			"  };\n"
			"  await Promise.all(Array.from({ length: atOnce }, worker));\n"
			"  return statuses;\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"A goroutine for each request runs a command, and nothing "
			"bounds the requests. A channel with room for n is the "
			"simplest bound; Run waits for the child.",
		.code =
			"func runAtMost(n int, commands [][]string) error {\n"
			"\tslots := make(chan struct{}, n)\n"
			"\terrs := make(chan error, len(commands))\n"
			"\tfor _, command := range commands {\n"
			"\t\tslots <- struct{}{}\n"
			"\t\tgo func(command []string) {\n"
			"\t\t\tdefer func() { <-slots }()\n"
			"\t\t\terrs <- exec.Command(command[0], command[1:]...).Run()\n"
			"\t\t}(command)\n"
			"\t}\n"
			"\tvar first error\n"
			"\tfor range commands {\n"
			"\t\tif err := <-errs; err != nil && first == nil {\n"
			"\t\t\tfirst = err\n"
			"\t\t}\n"
			"\t}\n"
			"\treturn first\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"ProcessBuilder.start() in a thread of a cached pool: there "
			"is a thread, and a child, for each request. A fixed pool "
			"bounds both; end the child when the thread is interrupted.",
		.code =
			"static List<Integer> runAtMost(int n, List<List<String>> commands)\n"
			"        throws Exception {\n"
			"    ExecutorService pool = Executors.newFixedThreadPool(n);\n"
			"    try {\n"
			"        List<Future<Integer>> results = new ArrayList<>();\n"
			"        for (List<String> command : commands)\n"
			"            results.add(pool.submit(() -> {\n"
			"                Process child = new ProcessBuilder(command)\n"
			"                    .inheritIO().start();\n"
			"                try {\n"
			"                    return child.waitFor();\n"
			"                } finally {\n"
			"                    child.destroyForcibly();\n"
			"                }\n"
			"            }));\n"
			"        List<Integer> statuses = new ArrayList<>();\n"
			"        for (Future<Integer> result : results)\n"
			"            statuses.add(result.get());\n"
			"        return statuses;\n"
			"    } finally {\n"
			"        pool.shutdownNow();\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"fork() for each request and no wait(), or a wait() that is "
			"left out on an error path. Count the children, and wait "
			"for one before starting one too many.",
		.code =
			"int run_at_most(int most, char *const *const *commands, size_t n)\n"
			"{\n"
			"    int running = 0, failed = 0, status;\n"
			"\n"
			"    for (size_t i = 0; i < n || running;) {\n"
			"        pid_t child;\n"
			"\n"
			"        if (i < n && running < most) {\n"
			"            if (posix_spawnp(&child, commands[i][0], NULL, NULL,\n"
			"                             commands[i], environ) == 0)\n"
			"                running++;\n"
			"            else\n"
			"                failed++;\n"
			"            i++;\n"
			"        } else if (wait(&status) > 0) {\n"
			"            running--;\n"
			"            failed += status != 0;\n"
			"        } else if (errno != EINTR) {\n"
			"            break;\n"
			"        }\n"
			"    }\n"
			"    return failed;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"A loop starts commands with & and goes on. wait -n waits for "
			"the next one that ends.",
		.code =
			"run_at_most() {         # run_at_most N COMMAND...\n"
			"    local most=$1 command\n"
			"    shift\n"
			"    for command in \"$@\"; do\n"
			"        while [ \"$(jobs -pr | wc -l)\" -ge \"$most\" ]; do\n"
			"            wait -n\n"
			"        done\n"
			"        sh -c \"$command\" &\n"
			"    done\n"
			"    wait\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_child_growth = {
	.id = "LS120",
	.kind = "child-growth",
	.title = "the number of children of one process grows steadily",
	.meaning =
		"While it was watched (scan --for), the process got more children "
		"than it lost, evenly and to the end. Children that have died and "
		"have not been waited for count, too; when there are any, the finding "
		"says so, and LS111 has them one by one.",
	.why_it_matters =
		"Each child takes a pid, memory, and often a pipe of its parent. At "
		"the limit of processes (RLIMIT_NPROC, pids.max of the control group, "
		"pid_max) fork fails with EAGAIN, for everybody whom the limit binds, "
		"and not only for the one who is to blame.",
	.fixes = fixes,
	.clean_up_now =
		"1. See what they are, oldest first, and what they wait for.\n"
		"  ps --ppid PID -o pid,stat,etime,wchan:20,args --sort=start_time\n"
		"2. When most have the state Z, the parent does not wait for them: "
		"see leakscan explain LS111.\n"
		"3. When they hang, find out on what, end them, and give the next ones "
		"a timeout.\n"
		"4. Bound the damage: a service of systemd takes TasksMax=.\n"
		"  systemctl set-property UNIT TasksMax=500",
	.limits =
		"A pool that is still filling looks like growth until it is full, and "
		"so does a cycle that is longer than the watch. What cannot have gone "
		"on for a good part of the life of the process is only mentioned. "
		"Children that end within the time between two samples are not seen.",
};
