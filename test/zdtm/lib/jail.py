# SPDX-License-Identifier: Apache-2.0
"""The first process of a test's own namespaces: starts it, checkpoints and restores it, judges."""
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import time
import traceback

from snapshot import Snapshot, blocked_tasks

UID, GID, GROUPS = 18943, 58467, [495, 48244, 58468]
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x08000000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
SKIPPED = 77
libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The test failed: a reason, and lines that help to understand it."""
    def __init__(self, reason, details=()):
        super().__init__(reason)
        self.details = list(details)


class Skip(Exception):
    pass


def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        err = ctypes.get_errno()
        raise OSError(err, f"{name}: {os.strerror(err)}")


def tail(path, n=40):
    try:
        with open(path, errors="replace") as f:
            return ["  " + line.rstrip("\n") for line in f.readlines()[-n:]]
    except FileNotFoundError:
        return []


def died(status):
    code = os.waitstatus_to_exitcode(status)
    return f"exited with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"


class Jail:
    def __init__(self, test, flavour, options, work):
        self.test, self.flavour, self.options, self.work = test, flavour, options, work
        self.dir = f"{work}/d"
        self.outfile, self.pidfile, self.output = f"{self.dir}/out", f"{self.dir}/pid", f"{work}/output"
        self.deadline = time.monotonic() + options.timeout
        self.exited = {}        # pid -> wait status of every child that ended
        self.pid = self.memory = None
        self.commands = []      # what was run, for the report

    # Processes.

    def reap(self):
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self.exited[pid] = status
        except ChildProcessError:
            pass

    def until(self, done, what, poll=None):
        """Wait until done() holds; children that end wake us up, else we look every `poll` seconds."""
        while True:
            self.reap()
            if done():
                return
            left = self.deadline - time.monotonic()
            if left <= 0:
                pids = sorted(int(n) for n in os.listdir("/proc") if n.isdigit() and n != "1")
                raise Failure(f"{self.options.timeout} s are over: {what}", blocked_tasks(pids))
            signal.sigtimedwait([signal.SIGCHLD], min(left, poll or left))

    def spawn(self, argv, output, prepare=lambda: None):
        pid = os.fork()
        if pid:
            return pid
        try:
            for sig in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(sig, signal.SIG_DFL)      # Python ignores these
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.dup2(fd, 1)
            os.dup2(fd, 2)
            os.closerange(3, 65536)         # whatever the driver itself was given
            prepare()
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            os.execve(argv[0], argv, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "ZDTM": self.test.name})
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        os._exit(126)

    def run(self, argv, output):
        self.commands.append(" ".join(argv))
        pid = self.spawn(argv, output)
        try:
            self.until(lambda: pid in self.exited, f"waiting for {' '.join(argv)}")
        except Failure as e:
            e.details += ["its messages:"] + tail(output)
            raise
        return self.exited.pop(pid)

    # The steps of a test.

    def prepare_program(self):
        os.umask(0o022)
        os.chdir(self.dir)
        if "shelljob" in self.test.flags:
            os.setpgid(0, 0)
        else:
            os.setsid()
        if self.flavour == "user":
            os.setgroups(GROUPS)
            os.setresgid(GID, GID, GID)
            os.setresuid(UID, UID, UID)

    def start(self):
        if not os.path.exists(self.test.program):
            raise Failure("the program is not built (make zdtm)")
        program = shutil.copy(self.test.program, f"{self.work}/{self.test.name}")
        os.mkdir(self.dir)
        open(self.outfile, "w").close()
        os.chmod(self.outfile, 0o666)
        open(self.output, "w").close()
        for path in (self.dir, self.outfile, self.output):
            if self.flavour == "user":
                os.chown(path, UID, GID)
        os.chmod(self.dir, 0o777)       # for programs that change their uid
        argv = [program, "--pidfile", self.pidfile, "--outfile", self.outfile, "--dir", self.dir]
        child = self.spawn(argv, self.output, self.prepare_program)
        self.until(lambda: child in self.exited or os.path.exists(self.pidfile),
                   "the program does not say that it is ready", 0.002)
        if child in self.exited:
            if os.waitstatus_to_exitcode(self.exited[child]) == SKIPPED:
                raise Skip("; ".join(self.verdicts("SKIP")) or "no reason given")
            raise Failure(f"the program {died(self.exited[child])} before the checkpoint")
        self.pid = child

    def ckpt(self, command, images, *args, expect=0):
        """What processes there were before, and the messages."""
        argv = [self.options.ckpt, command, *args, "-D", images]
        argv += self.options.ckpt_opts + self.test.options(command)
        log = f"{images}/{command}.messages"
        before = self.processes()
        status = self.run(argv, log)
        messages = tail(log, 1000)
        if os.waitstatus_to_exitcode(status) != expect:
            raise Failure(f"ckpt {command} {died(status)}", [f"{command}: messages:"] + messages[-40:])
        return before, messages

    def processes(self):
        self.reap()
        return {int(n) for n in os.listdir("/proc") if n.isdigit()}

    def compare(self, when, before):
        # A task that goes on in sigtimedwait, say, changes its mask once it is
        # there again: what counts is what it comes to.
        for _ in range(100):
            diff = before.differences(Snapshot(self.pid, self.test.volatile))
            if not diff:
                return
            time.sleep(0.02)
        if diff:
            raise Failure(f"not the same {when}", diff[:120])

    def images(self, name):
        """Among the temporary files or, with a user's program, in memory, where a dump goes other ways."""
        path = f"{self.memory or self.work}/{name}"
        os.mkdir(path)
        return path

    def mount_memory(self):
        if self.flavour == "user" and not self.options.keep:
            self.memory = f"{self.work}/memory"
            os.mkdir(self.memory)
            call("mount", b"tmpfs", self.memory.encode(), b"tmpfs", 0, b"size=90%,mode=0755")

    def dump_running(self, before):
        images = self.images("running")
        processes, _ = self.ckpt("dump", images, "-t", str(self.pid), "-R")
        if self.pid in self.exited:
            raise Failure(f"the program {died(self.exited[self.pid])} after dump -R")
        self.compare("after dump -R", before)
        self.ckpt("verify", images)
        self.no_more_than(processes, "after dump -R")

    def dump_and_restore(self, before, round_):
        images = self.images(f"images{round_}")
        processes, _ = self.ckpt("dump", images, "-t", str(self.pid))
        self.no_more_than(processes - set(before.pids), "after dump")
        self.exited.pop(self.pid, None)
        self.ckpt("restore", images, "-d")
        if self.pid in self.exited:
            raise Failure(f"the program {died(self.exited[self.pid])} after restore")
        self.compare("after restore", before)
        self.no_more_than(processes, "after restore")

    def refused_dump(self, before, obstacle, *args):
        images = self.images("refused" + "".join(args))
        processes, messages = self.ckpt("dump", images, "-t", str(self.pid), *args, expect=1)
        named = re.compile(rf"(?<![\w.]){re.escape(obstacle)}(?![\w.])")
        if not any(named.search(line) for line in messages):
            raise Failure(f"dump does not name the obstacle {obstacle}", ["dump: messages:"] + messages[-40:])
        if os.path.exists(f"{images}/inventory.img"):
            raise Failure("dump refuses, but leaves a checkpoint")
        if self.pid in self.exited:
            raise Failure(f"the program {died(self.exited[self.pid])} after a refused dump")
        self.compare("after a refused dump", before)
        self.no_more_than(processes, "after a refused dump")

    def no_more_than(self, processes, when):
        """What is exiting gets a moment; what stays is a failure."""
        limit = time.monotonic() + 5
        while left := self.processes() - processes:
            if time.monotonic() > limit:
                raise Failure(f"left over {when}", blocked_tasks(left))
            signal.sigtimedwait([signal.SIGCHLD], 0.002)

    def finish(self):
        os.kill(self.pid, signal.SIGTERM)
        self.until(lambda: self.pid in self.exited, "the program does not end after SIGTERM")
        bad = self.verdicts("FAIL")
        if bad:
            raise Failure("; ".join(bad))
        if self.exited[self.pid]:
            raise Failure(f"the program {died(self.exited[self.pid])} after SIGTERM")
        if not self.verdicts("PASS"):
            raise Failure("the program told no verdict")

    def verdicts(self, word):
        with open(self.outfile, errors="replace") as f:
            return [li.strip().removeprefix(word + ": ") for li in f if li.startswith(word)]

    def steps(self):
        feature = self.test.words.get("feature")
        if feature and not self.options.null and self.run([self.options.ckpt, "check", "--feature", feature],
                                                          f"{self.work}/feature"):
            raise Skip(f"ckpt check --feature {feature} says no")
        self.start()
        before = Snapshot(self.pid, self.test.volatile)
        if self.options.null:
            self.compare("a moment later: the program is not at rest", before)
        else:
            self.checkpoints(before)
        self.finish()

    def checkpoints(self, before):
        obstacle = self.test.words.get("obstacle")
        if obstacle:
            if "kills" in self.test.flags:
                self.dump_running(before)
            else:
                self.refused_dump(before, obstacle, "-R")
            self.refused_dump(before, obstacle)
            return
        self.dump_running(before)
        for i in range(self.options.iterations):
            self.dump_and_restore(before, i)

    def judge(self):
        try:
            self.steps()
            return dict(verdict="PASS")
        except Skip as e:
            return dict(verdict="SKIP", reason=str(e))
        except Failure as e:
            reason, details = str(e), e.details
        except Exception as e:
            reason, details = f"driver: {e}", traceback.format_exc().splitlines()
        said = self.verdicts("FAIL") if os.path.exists(self.outfile) else []
        details += [f"program says: {line}" for line in said if line not in reason]
        details += [f"ran: {command}" for command in self.commands]
        output = tail(self.output)
        return dict(verdict="FAIL", reason=reason, details=details + (["program's output:"] + output if output else []))


def loopback_up():
    with socket.socket() as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def first_process(jail, result):
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    os.setsid()
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", b"proc", b"/proc", b"proc", 0, None)
    jail.mount_memory()
    loopback_up()
    verdict = jail.judge()
    with open(result, "w") as f:
        json.dump(verdict, f)


def run_jail(test, flavour, options, work):
    """Runs the test in new namespaces and leaves the verdict in work/result. Meant for a forked child."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    os.mkdir(work, 0o755)
    call("unshare", CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)
    pid = os.fork()
    if not pid:
        try:
            first_process(Jail(test, flavour, options, work), f"{work}/result")
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    # The first process keeps the deadline itself; this is for the case that it is stuck.
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(int(options.timeout) + 20)
    os.waitpid(pid, 0)
