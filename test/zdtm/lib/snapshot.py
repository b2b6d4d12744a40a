# SPDX-License-Identifier: Apache-2.0
"""What /proc shows of a tree of processes, as text that can be compared before and after."""
import difflib
import os
import re

STATUS = """Name Umask State Tgid Pid PPid TracerPid Uid Gid Groups NStgid NSpid NSpgid NSsid Threads VmLck
SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters
Speculation_Store_Bypass SpeculationIndirectBranch Cpus_allowed THP_enabled""".split()

# Field numbers of proc(5), in /proc/PID/stat.
STAT = dict(pgrp=5, session=6, tty_nr=7, tpgid=8, nice=19, num_threads=20, startcode=26, endcode=27,
            startstack=28, exit_signal=38, rt_priority=40, policy=41, start_data=45, end_data=46,
            start_brk=47, arg_start=48, arg_end=49, env_start=50, env_end=51, exit_code=52)

TEXTS = "limits cmdline environ timers".split()
VALUES = "oom_score_adj personality coredump_filter timerslack_ns".split()
NAMESPACES = "cgroup ipc mnt net pid time user uts".split()
# These get a new inode number whenever they are made.
NAMELESS = re.compile(r"^(\S+ \S+ \S+ \S+) \d+( +(?:/memfd:|/dev/zero \(deleted\)|/SYSV|\[anon_shmem).*)$")
# Soft-dirty is not identity.
IGNORED_VMFLAGS = {"sd"}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def text(path):
    return read(path).decode(errors="backslashreplace")


def stat_fields(path):
    data = text(path)
    return data[data.rindex(")") + 2:].split()      # [0] is field 3


def tree_pids(root):
    """The pids of root and its descendants, sorted."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(int(stat_fields(f"/proc/{name}/stat")[1]), []).append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        if os.path.exists(f"/proc/{pid}"):
            found.append(pid)
            todo += children.get(pid, [])
    return sorted(found)


def maps(task):
    lines = []
    for line in text(f"{task}/smaps").splitlines():
        if line.startswith("VmFlags:"):
            flags = [f for f in line.split()[1:] if f not in IGNORED_VMFLAGS]
            lines[-1] += "  {" + " ".join(flags) + "}"
        elif line.startswith("ProtectionKey:"):
            lines[-1] += "  key " + line.split()[1]
        elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            lines.append(NAMELESS.sub(r"\1 *\2", line))
    return lines


def file_of(pid, task, name):
    """The thread's file where it has one: those of a leader that has exited are empty."""
    paths = [path for path in (f"{task}/{name}", f"/proc/{pid}/{name}") if os.path.exists(path)]
    return paths[0] if paths else None


class Snapshot:
    """self.sections: name -> list of lines. Lines begin with a key of their own, "Key: ..."."""

    def __init__(self, root, volatile=()):
        self.volatile = set(volatile)
        self.sections = {}
        self.inodes = {}
        self.pids = tree_pids(root)
        self.add("tree", [f"pid {pid}" for pid in self.pids])
        for pid in self.pids:
            self.process(pid)

    def add(self, name, lines):
        if name.split()[-1] not in self.volatile:
            self.sections[name] = [li for li in lines if li.split(":")[0] not in self.volatile]

    def process(self, pid):
        tids = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
        alive = None
        for tid in tids:
            if self.task(pid, tid) and alive is None:
                alive = f"/proc/{pid}/task/{tid}"
        if alive:       # a thread other than the leader, should that have exited
            self.shared(pid, alive)

    def task(self, pid, tid):
        """False for a zombie."""
        task = f"/proc/{pid}/task/{tid}"
        status = dict(line.split(":\t", 1) for line in text(f"{task}/status").splitlines() if ":\t" in line)
        state = status["State"][0]
        status["State"] = state if state in "TtZX" else "running or asleep"
        # The signals of what is dead already mean nothing to anybody.
        dead = status["State"].startswith("\tZ") or status["State"].strip().startswith("Z")
        self.add(f"pid {pid} tid {tid} status", [f"{k}: {status[k].strip()}" for k in STATUS if k in status
                                                 and not (dead and re.match("Sig|Shd|Cap|NoNew", k))])
        fields = stat_fields(f"{task}/stat")
        self.add(f"pid {pid} tid {tid} stat", [f"{k}: {fields[n - 3]}" for k, n in STAT.items()])
        return state not in "ZX"

    def shared(self, pid, task):
        self.add(f"pid {pid} maps", maps(task))
        self.add(f"pid {pid} fd", self.descriptors(task))
        for name in TEXTS:
            if path := file_of(pid, task, name):
                self.add(f"pid {pid} {name}", text(path).replace("\0", "\n").splitlines())
        self.add(f"pid {pid} auxv", [read(f"{task}/auxv").hex(" ", -8)])
        lines = [f"{name}: {os.readlink(f'{task}/{name}')}" for name in ("exe", "cwd", "root")]
        for name in VALUES:
            if path := file_of(pid, task, name):
                lines.append(f"{name}: {text(path).strip()}")
        lines += [f"{name}: {os.readlink(f'{task}/ns/{name}')}" for name in NAMESPACES]
        self.add(f"pid {pid} misc", lines)

    def descriptors(self, task):
        lines = []
        for fd in sorted(map(int, os.listdir(f"{task}/fd"))):
            info = dict(line.split(":\t", 1) for line in text(f"{task}/fdinfo/{fd}").splitlines() if ":\t" in line)
            link = os.readlink(f"{task}/fd/{fd}")
            # pipe:[12345] becomes pipe:[#1], the same in every process, so that sharing is compared.
            m = re.fullmatch(r"(\w+):\[(\d+)\]", link)
            if m and m[1] not in NAMESPACES:
                link = f"{m[1]}:[#{self.inodes.setdefault(m[0], len(self.inodes) + 1)}]"
            pos = "" if "pos" in self.volatile else f" pos {info['pos'].strip()}"
            lines.append(f"{fd}: {link} flags {info['flags'].strip()}{pos}")
        return lines

    def differences(self, after):
        """Readable lines; none if nothing differs."""
        out = []
        if self.pids != after.pids:     # all else would follow from this
            return [f"pids were {self.pids}", f"pids are  {after.pids}"]
        for name in list(self.sections) + [n for n in after.sections if n not in self.sections]:
            a, b = self.sections.get(name, []), after.sections.get(name, [])
            if a != b:
                out.append(f"{name}:")
                diff = list(difflib.unified_diff(a, b, n=0, lineterm=""))[2:]
                out += ["  " + line for line in diff if not line.startswith("@@")]
        return out


def blocked_tasks(pids):
    """For a test that hangs: where each task is."""
    out = []
    for pid in pids:
        try:
            for tid in sorted(map(int, os.listdir(f"/proc/{pid}/task"))):
                task = f"/proc/{pid}/task/{tid}"
                comm = text(f"{task}/comm")[:-1]
                out.append(f"pid {pid} tid {tid} {comm!r}: state {stat_fields(f'{task}/stat')[0]}"
                           f" syscall {text(f'{task}/syscall').strip()} in {text(f'{task}/wchan').strip()}")
        except OSError as e:
            out.append(f"pid {pid}: {e.strerror}")
    return out
