# SPDX-License-Identifier: Apache-2.0
"""All that others can see of a tree, which a dump that came to nothing must not have changed. More than Snapshot
compares: what belongs to this life of the tree, and is not the same after a restore."""
import os
import re

from snapshot import Snapshot, read, text

STATUS = "FDSize VmSize VmLck VmPin VmData VmStk VmExe VmLib HugetlbPages CoreDumping Cpus_allowed Mems_allowed".split()
TEXTS = "cgroup loginuid sessionid oom_adj attr/current uid_map gid_map projid_map setgroups".split()
SYSTEM = "locks sysvipc/sem sysvipc/msg sysvipc/shm".split()
RESTART_SYSCALL = "219"
FRAME_KB = 16  # the pages of the stack that a signal frame was laid on, however often


def waits_in(path):
    """System call, arguments, stack and program counter; which call it was a restarted one does not tell."""
    words = text(path).split()
    return ["call: " + " ".join(words[1:])] if len(words) > 1 and words[0] in (RESTART_SYSCALL, "-1") or \
        words == ["running"] else ["call: " + " ".join(words[1:]), "nr: " + words[0]]


class Outside(Snapshot):
    def __init__(self, root, same_life=True):
        self.same_life, self.own, self.anonymous = same_life, {}, {}
        super().__init__(root)
        if same_life:
            for name in SYSTEM:
                if os.path.exists(f"/proc/{name}"):
                    self.own[name] = text(f"/proc/{name}").splitlines()

    def task(self, pid, tid):
        alive = super().task(pid, tid)
        task = f"/proc/{pid}/task/{tid}"
        if alive and self.same_life:
            status = dict(line.split(":\t", 1) for line in text(f"{task}/status").splitlines() if ":\t" in line)
            self.own[f"pid {pid} tid {tid} more status"] = [f"{k}: {status[k].strip()}" for k in STATUS if k in status]
            self.own[f"pid {pid} tid {tid} syscall"] = waits_in(f"{task}/syscall")
            self.own[f"pid {pid} tid {tid} children"] = [text(f"{task}/children")]
        return alive

    def shared(self, pid, task):
        super().shared(pid, task)
        if not self.same_life:
            return
        for fd in sorted(map(int, os.listdir(f"{task}/fd"))):
            st = os.lstat(f"{task}/fd/{fd}")
            self.own[f"pid {pid} fd {fd}"] = [os.readlink(f"{task}/fd/{fd}"), f"mode {st.st_mode:o}"] + \
                text(f"{task}/fdinfo/{fd}").splitlines()
        for name in TEXTS:
            try:
                self.own[f"pid {pid} {name}"] = [read(f"{task}/{name}").hex(" ")] if "attr" in name else \
                    text(f"{task}/{name}").splitlines()
            except OSError:
                pass    # not every kernel has all of them
        m = re.search(r"^RssAnon:\s*(\d+)", text(f"{task}/status"), re.M)
        self.anonymous[pid] = int(m[1]) if m else 0

    def differences(self, after):
        out = super().differences(after)
        if out or not after.same_life:
            return out
        for name in sorted(self.own.keys() | after.own.keys()):
            a, b = self.own.get(name), after.own.get(name)
            if name.endswith("syscall") and a and b and (len(a) == 1 or len(b) == 1):
                a, b = a[:1], b[:1]
            if a != b:
                out += [f"{name}:"] + [f"  was {line}" for line in a or ["nothing"] if line not in (b or [])] + \
                    [f"  is {line}" for line in b or ["nothing"] if line not in (a or [])]
        for pid, kb in self.anonymous.items():
            if after.anonymous.get(pid, 0) > kb + FRAME_KB:
                out.append(f"pid {pid} has grown: {kb} kB of its own, now {after.anonymous[pid]}")
        return out
