// What this machine can do: one check for each thing that recording needs, with the remedy where it is missing.
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import type { Check, CheckAnswer } from '../base/check.ts';
import { messageOf } from '../base/errors.ts';
import { type Ability, abilities } from '../catalogue/abilities.ts';
import { BTF, readAbilities } from './abilities.ts';
import { isAtLeast, OLDEST_KERNEL } from './kernel-version.ts';
import { KEPT_BY_ALL, keptByRecorder, keptText } from './least-privilege.ts';
import { loadLibbpf } from './libbpf.ts';
import { hasCapability, mayTrace } from './privileges.ts';
import { findCudaProcesses } from './targets.ts';
import { missingTracepoints, TRACEPOINTS } from './tracepoints.ts';

const NOTHING_TO_DO = '';

type Finding = { readonly ok: boolean; readonly what: string; readonly todo?: string };
type Probe = { readonly name: string; readonly required: boolean; readonly why: string; readonly look: () => Finding };

const kernelVersion = (): Finding => ({
  ok: isAtLeast(OLDEST_KERNEL),
  what: `Linux ${release()}`,
  todo: `boot a kernel of version ${OLDEST_KERNEL} or later`,
});

const libbpf = (): Finding => {
  try {
    return { ok: true, what: `libbpf ${loadLibbpf().version()}` };
  } catch (thrown) {
    return {
      ok: false,
      what: messageOf(thrown),
      todo: 'install libbpf1 (Debian, Ubuntu: apt install libbpf1; Fedora: dnf install libbpf)',
    };
  }
};

const tracepoints = (): Finding => {
  const missing = missingTracepoints();
  const all = new Set(TRACEPOINTS.map(([, name]) => name)).size;
  return {
    ok: missing.length === 0,
    what: missing.length === 0 ? `all ${all} of them` : `missing: ${missing.join(', ')}`,
    todo: 'use a newer kernel, with the options that these need: what they tell is not recorded',
  };
};

const ability = (name: Ability): Probe => {
  const { since, why, without } = abilities[name];
  return {
    name,
    required: false,
    why,
    look: () => {
      const ok = readAbilities()[name];
      return {
        ok,
        what: ok ? `Linux ${release()} has it` : `not there: ${without}`,
        todo: `use Linux ${since} or later`,
      };
    },
  };
};

const targets = (): Finding => {
  try {
    const { targets: found, denied } = findCudaProcesses();
    const names = found.slice(0, 5).map(({ pid, comm }) => `${comm} (${pid})`);
    const hidden = denied.length > 0 ? `; ${denied.length} processes could not be looked into` : '';
    return {
      ok: found.length > 0,
      what:
        found.length > 0
          ? `CUDA programs running: ${names.join(', ')}${hidden}`
          : `no CUDA program is running${hidden}`,
      todo: "start one, or record it from its start with 'whytrace record -- CMD'",
    };
  } catch (thrown) {
    return { ok: false, what: messageOf(thrown) };
  }
};

const gpu = (): Finding => {
  const ok = existsSync('/dev/nvidiactl');
  return {
    ok,
    what: ok ? 'an NVIDIA driver is loaded' : 'no NVIDIA driver is loaded',
    todo: "load the driver to trace real GPU work; 'whytrace demo' uses a simulated device",
  };
};

const probes: readonly Probe[] = [
  { name: 'kernel', required: true, why: 'attach cookies and typed access to tasks came with it', look: kernelVersion },
  {
    name: 'btf',
    required: true,
    why: 'the kernel side finds the fields of kernel structs through it',
    look: () => ({
      ok: existsSync(BTF),
      what: BTF,
      todo: 'boot a kernel with CONFIG_DEBUG_INFO_BTF: those of current distributions have it',
    }),
  },
  {
    name: 'privileges',
    required: true,
    why: 'loading and attaching eBPF programs needs root, or CAP_BPF and CAP_PERFMON',
    look: () => ({
      ok: mayTrace(),
      what: mayTrace() ? 'may load eBPF programs' : 'may not load eBPF programs',
      todo: 'run it with sudo',
    }),
  },
  {
    name: 'ptrace',
    required: false,
    why: "reading other users' /proc/PID/maps needs CAP_SYS_PTRACE",
    look: () => ({ ok: hasCapability('CAP_SYS_PTRACE'), what: 'CAP_SYS_PTRACE', todo: 'run it with sudo' }),
  },
  {
    name: 'least_privilege',
    required: false,
    why: 'what a recording does not need once it runs, it gives up on all of its threads',
    look: () => {
      const lacks = (['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'] as const).filter((name) => !hasCapability(name));
      const isRoot = process.geteuid?.() === 0;
      return {
        ok: !isRoot || lacks.length === 0,
        what: `record keeps ${keptText([...new Set([...KEPT_BY_ALL, ...keptByRecorder(!readAbilities().uprobe_multi)])])}${isRoot && lacks.length > 0 ? `; without ${lacks.join(', ')} some threads keep all they have` : ''}`,
        todo: 'run it with these capabilities too, or not as root: packaging/whytrace-record.service shows how',
      };
    },
  },
  { name: 'libbpf', required: true, why: 'it loads the kernel side', look: libbpf },
  {
    name: 'kernel_side',
    required: true,
    why: 'the compiled programs for this kind of machine',
    look: () => {
      const path = new URL(`../../bpf/build/${process.arch}/call.bpf.o`, import.meta.url).pathname;
      return {
        ok: existsSync(path),
        what: `programs for ${process.arch}`,
        todo: "install whytrace again, or run 'npm run bpf'",
      };
    },
  },
  { name: 'tracepoints', required: false, why: 'what the kernel does is noticed through them', look: tracepoints },
  ability('prev_state'),
  ability('typed_reads'),
  ability('throttled'),
  ability('uprobe_multi'),
  ability('uprobe_session'),
  { name: 'gpu', required: false, why: 'real CUDA programs need it; recording does not', look: gpu },
  { name: 'targets', required: false, why: "what 'whytrace record' would trace now", look: targets },
];

/** Checks everything that recording needs. Changes nothing on the machine. */
export const checkMachine = (): CheckAnswer => {
  const checks = probes.map(({ name, required, why, look }): Check => {
    const { ok, what, todo = NOTHING_TO_DO } = look();
    return { name, ok, required, what, why, todo: ok ? NOTHING_TO_DO : todo };
  });
  return { ok: checks.every(({ ok, required }) => ok || !required), checks };
};
