// Makes the rings through which events come, one for a group of CPUs, and tells the kernel side of them.
import { closeSync } from 'node:fs';
import { errors } from './errors.ts';
import { errno, errnoName, type System } from './libbpf.ts';
import type { Kernel } from './load.ts';
import { mapRing, type Ring } from './ring.ts';
import type { Sizes } from './sizes.ts';

const RINGBUF = 27; // BPF_MAP_TYPE_RINGBUF

/** Throws `bpf_load_failed` where the kernel has no room for them. */
export const makeRings = (kernel: Kernel, system: System, { rings, ringBytes }: Sizes): readonly Ring[] =>
  Array.from({ length: rings }, (_, i) => {
    const { bpf, map } = kernel;
    const fd = bpf.createMap(RINGBUF, 'whytrace_ring', 0, 0, ringBytes, null);
    const key = new Uint8Array(Uint32Array.of(i).buffer);
    if (fd < 0 || bpf.update(map('rings'), key, new Uint8Array(Int32Array.of(fd).buffer), 0) !== 0)
      throw errors.loadFailed({ object: 'ring', why: errnoName(errno()) });
    const ring = mapRing(system, fd, ringBytes);
    if (ring === undefined) throw errors.loadFailed({ object: 'ring', why: 'its memory could not be mapped' });
    let isOpen = true;
    return {
      ...ring,
      close: () => {
        ring.close();
        if (isOpen) closeSync(fd);
        isOpen = false;
      },
    };
  });
