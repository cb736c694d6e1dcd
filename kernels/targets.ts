// Which kernels the kernel tests run on, as data: Debian's cloud kernels, which are small and have BTF. Knows no versions:
// a release brings its newest one.

export type Machine = 'x64' | 'arm64';

/** A release of Debian, as what a package client is told. */
export type Release = {
  readonly name: string;
  readonly suites: readonly { readonly archive: 'main' | 'security'; readonly suite: string }[];
};
const stable = (name: string): Release => ({
  name,
  suites: [
    { archive: 'main', suite: name },
    { archive: 'security', suite: `${name}-security` },
  ],
});
export const releases = {
  bullseye: { name: 'bullseye-security', suites: [{ archive: 'security', suite: 'bullseye-security' }] },
  bookworm: stable('bookworm'),
  trixie: stable('trixie'),
  sid: { name: 'sid', suites: [{ archive: 'main', suite: 'sid' }] },
} as const satisfies Readonly<Record<string, Release>>;

export type Target = {
  /** What `--only` takes. */
  readonly name: string;
  readonly machine: Machine;
  readonly release: Release;
  /** Whether whytrace supports it; else all that is tested is that it says so. */
  readonly supported: boolean;
};

/** Each machine in the words of others: its name at Debian, its emulator with what that must be told, its console. */
export const machines = {
  x64: {
    debian: 'amd64',
    qemu: 'qemu-system-x86_64',
    arguments: ['-cpu', 'max'],
    console: 'ttyS0',
  },
  arm64: {
    debian: 'arm64',
    qemu: 'qemu-system-aarch64',
    // The architecture's own way to sign pointers takes the emulator most of its time.
    arguments: ['-machine', 'virt,gic-version=3', '-cpu', 'max,pauth-impdef=on'],
    console: 'ttyAMA0',
  },
} as const satisfies Readonly<Record<Machine, object>>;

export const targets: readonly Target[] = [
  { name: '5.10', machine: 'x64', release: releases.bullseye, supported: false },
  { name: '6.1', machine: 'x64', release: releases.bookworm, supported: true },
  { name: '6.12', machine: 'x64', release: releases.trixie, supported: true },
  { name: 'sid', machine: 'x64', release: releases.sid, supported: true },
  { name: 'arm64-6.1', machine: 'arm64', release: releases.bookworm, supported: true },
  { name: 'arm64-6.12', machine: 'arm64', release: releases.trixie, supported: true },
];

/** The system in which the tests run, whatever the kernel: that of the oldest release that is supported as a whole. */
export const guestRelease = releases.bookworm;
export const guestPackages = [
  ...['base-files', 'bash', 'coreutils', 'dash', 'diffutils', 'findutils', 'grep', 'gzip', 'hostname', 'kmod', 'mount'],
  ...['netbase', 'procps', 'sed', 'tar', 'util-linux', 'iproute2', 'libbpf1', 'python3', 'gcc', 'libc6-dev'],
  'busybox-static',
] as const;

/** An emulator that does not lose its way: QEMU 7.2 made kernel 6.12 oops in one of four boots, 10 in none of 28. */
export const toolRelease = releases.trixie;
export const toolPackages = ['qemu-system-x86', 'qemu-system-arm', 'kmod'] as const;
