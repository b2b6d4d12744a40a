# SPDX-License-Identifier: Apache-2.0
# box.py - what the real-program tests and the benchmark share: private
# namespaces in which this program is process 1, the trees of processes in them,
# and what /proc says about these. Process 1 reaps whatever ends, as init would:
# only then are the pids of a dumped tree free for the restore.
import array
import contextlib
import ctypes
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time


class Failed(Exception):
    """What was expected did not come; the text says what."""


class Skipped(Exception):
    """This machine lacks something; the text says what."""


def why_not():
    """Why no private namespaces can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root, for private pid, mount and ipc namespaces"
    probe = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--ipc", "--net", "true"],
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return probe.stderr.strip() if probe.returncode else None


def command(argv, net=False):
    """argv, to be run as process 1 of private namespaces, which end with it."""
    return (["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--ipc"]
            + (["--net"] if net else []) + ["--"] + argv)


def loopback_up():
    """What `ip link set lo up` does, without needing ip: netdevice(7)."""
    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = array.array("B", struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(s, SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh22x", request)[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def mount_tmpfs(path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, b"mode=0700,size=90%"):
        raise OSError(ctypes.get_errno(), "mount tmpfs", path)


# --- children -----------------------------------------------------------------

ended = {}  # pid -> exit status or -signal, of every child that was reaped


def reap(block=False, spare=None):
    """Reap what has ended. With `block` until `spare`, a child that somebody else waits for, has ended."""
    while True:
        try:
            seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | (0 if block else os.WNOHANG))
        except ChildProcessError:
            return
        if seen is None or seen.si_pid == spare:
            return
        pid, status = os.waitpid(seen.si_pid, 0)
        ended[pid] = os.waitstatus_to_exitcode(status)


def start(argv, cwd, output):
    """A program in a session of its own, with nothing open but /dev/null and the file `output`. Its pid."""
    with open(output, "ab") as out:
        child = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 start_new_session=True)
    child.returncode = 0  # reap() waits for it
    return child.pid


def busy_loops(n):
    """That many, each in a session of its own, since niceness counts within one. They end with the caller: their pids."""
    return [start(["setpriv", "--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"], "/", "/dev/null") for _ in range(n)]


def run(argv, timeout=120):
    """Run argv to its end, reaping whatever else ends meanwhile: (status, stdout, stderr)."""
    with open_scratch() as out, open_scratch() as err:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        guard = threading.Timer(timeout, child.kill)
        guard.start()
        try:
            reap(block=True, spare=child.pid)
            status = child.wait()
        finally:
            guard.cancel()
        texts = []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read().decode(errors="replace"))
    if status == -signal.SIGKILL:
        raise Failed(f"{' '.join(argv)}: killed, perhaps by the time limit of {timeout} s\n{texts[1]}")
    return status, texts[0], texts[1]


def open_scratch():
    return os.fdopen(os.memfd_create("output"), "w+b")


def wait_until(condition, what, timeout=60):
    """Poll until condition() is true; its value."""
    deadline = time.monotonic() + timeout
    while True:
        reap()
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {timeout} s: {what}")
        time.sleep(0.005)


def wait_end(pid, what, timeout=60):
    """Wait for the end of pid, a child or one that was restored as such; its exit status."""
    wait_until(lambda: pid in ended, f"{what} ends", timeout)
    return ended.pop(pid)


# --- /proc --------------------------------------------------------------------

def read(path):
    with open(path, "rb") as f:
        return f.read().decode(errors="surrogateescape")


def stat(pid):
    """Fields of /proc/PID/stat from `state` on, as in proc(5): [0] is state, [1] ppid."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def pids():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def tree(root):
    """Pids of the processes from root down, zombies included."""
    parents = {}
    for pid in pids():
        try:
            parents[pid] = int(stat(pid)[1])
        except (FileNotFoundError, ProcessLookupError):
            pass
    found = [root] if root in parents else []
    for pid in found:
        found += [p for p, parent in parents.items() if parent == pid]
    return sorted(found)


def states(root):
    """State letters of all tasks of the tree, but for zombies."""
    letters = set()
    for pid in tree(root):
        try:
            for tid in os.listdir(f"/proc/{pid}/task"):
                letters.add(stat(f"{pid}/task/{tid}")[0])
        except (FileNotFoundError, ProcessLookupError):
            letters.add("?")
    return letters - {"Z", "X"}


def links(pid):
    """What its descriptors refer to."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    return found


def stop(root):
    """One SIGSTOP for each process of the tree: a second one would stay pending. Once every task is stopped
    nothing can be added to the tree."""
    told = set()

    def all_stopped():
        for pid in set(tree(root)) - told:
            with contextlib.suppress(ProcessLookupError):  # a short-lived one
                os.kill(pid, signal.SIGSTOP)
            told.add(pid)
        return states(root) == {"T"}

    wait_until(all_stopped, "every task of the tree is stopped")


def cont(root):
    for pid in tree(root):
        os.kill(pid, signal.SIGCONT)


STATUS_KEYS = ("Name", "Umask", "Tgid", "Uid", "Gid", "Groups", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn",
               "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "THP_enabled")
# Files that the kernel makes for itself: their inode numbers are new ones each time.
INTERNAL = re.compile(r"(/dev/zero|/SYSV\w+|/memfd:.*|/anon_hugepage) \(deleted\)$|anon_inode:")


def maps(pid):
    lines = []
    for line in read(f"/proc/{pid}/maps").splitlines():
        part = line.split(None, 5)
        if len(part) == 6 and INTERNAL.match(part[5]):
            part[4] = "*"
        lines.append(" ".join(part))
    return lines


def snapshot(root):
    """What must be the same before a dump and after its restore, per process of a stopped tree. Pipes and
    sockets get small numbers in place of their inode numbers: which are the same one stays to be seen."""
    numbers = {}

    def renumber(link):
        if re.match(r"(pipe|socket):\[", link):
            return numbers.setdefault(link, f"{link.partition(':')[0]} #{len(numbers)}")
        return link

    facts = {}
    for pid in tree(root):
        status = dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
        of = {key: status.get(key) for key in STATUS_KEYS}
        part = stat(pid)
        of["state"], of["parent, group, session"], of["nice"] = part[0], part[1:4], part[16]
        of["threads"] = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
        if part[0] != "Z":
            of["maps"] = maps(pid)
            of["cmdline"] = read(f"/proc/{pid}/cmdline")
            of["environ"] = read(f"/proc/{pid}/environ")
            of["limits"] = read(f"/proc/{pid}/limits")
            of["oom_score_adj"] = read(f"/proc/{pid}/oom_score_adj")
            for link in ("cwd", "exe", "root"):
                of[link] = os.readlink(f"/proc/{pid}/{link}")
            for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
                info = dict(line.split(":", 1) for line in read(f"/proc/{pid}/fdinfo/{fd}").splitlines()
                            if line.startswith(("pos:", "flags:", "eventfd-count:")))
                of[f"descriptor {fd}"] = (renumber(os.readlink(f"/proc/{pid}/fd/{fd}")),
                                          sorted((k, v.strip()) for k, v in info.items()))
        facts[pid] = of
    return facts


def differences(before, after):
    """Sentences on where two snapshots differ."""
    found = []
    if before.keys() != after.keys():
        found.append(f"processes {sorted(before)} became {sorted(after)}")
    for pid in before.keys() & after.keys():
        for key in sorted(before[pid].keys() | after[pid].keys()):
            old, new = before[pid].get(key), after[pid].get(key)
            if old == new:
                continue
            if key == "maps":
                gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
                old, new = "\n\t".join(["", *gone]), "\n\t".join(["", *come])
            found.append(f"pid {pid}: {key}: was {old}, is {new}")
    return found


# --- ckpt ---------------------------------------------------------------------

class Ckpt:
    """The program under test. With `null` nothing is saved or restored, and nothing is killed: this tries
    the tests themselves."""

    def __init__(self, path, null=False):
        self.path, self.null = os.path.abspath(path), null

    def _call(self, *args):
        if self.null:
            return
        status, out, err = run([self.path, *map(str, args)])
        if status:
            raise Failed(f"ckpt {' '.join(map(str, args))}: exit status {status}\n{out}{err}".rstrip())

    def dump(self, pid, images, *options):
        os.makedirs(images)
        self._call("dump", "-t", pid, "-D", images, *options)

    def verify(self, images):
        self._call("verify", "-D", images)

    def restore(self, images, *options):
        self._call("restore", "-D", images, "-d", *options)


def main_in_box(script, args, net=False, **kwargs):
    """Start `script args` as process 1 of new namespaces."""
    return subprocess.Popen(command([sys.executable, script, *args], net), stdin=subprocess.DEVNULL, **kwargs)
