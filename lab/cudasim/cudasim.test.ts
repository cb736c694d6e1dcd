// Builds the simulated test device and checks what the rest of the project relies on: the names it exports, that probes on
// them are cheap, that its times follow the settings, and that the workloads' truths add up. Needs gcc; no GPU, no privileges.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportedFunctions } from './elf-entries.ts';

const here = import.meta.dirname;
const build = join(here, 'build');

const hasGcc = spawnSync('gcc', ['--version']).status === 0;
const hasPython = spawnSync('python3', ['--version']).status === 0;
const options = hasGcc ? {} : { skip: 'gcc is not installed: the simulated device is written in C' };
const pythonOptions = hasGcc && hasPython ? {} : { skip: 'needs gcc and python3' };

type Json = { readonly [key: string]: unknown };

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function asJson(value: unknown): Json {
  assert.ok(isJson(value), `an object, not ${JSON.stringify(value)}`);
  return value;
}

function asNumber(value: unknown): number {
  if (typeof value !== 'number') assert.fail(`a number, not ${JSON.stringify(value)}`);
  return value;
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const result = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 15_000 });
  assert.equal(result.status, 0, `${command} ${args.join(' ')}: ${result.stderr}${result.error ?? ''}`);
  return result.stdout;
}

function check(name: string, env: Record<string, string> = {}): Json {
  const parsed: unknown = JSON.parse(run(join(build, 'check'), [name], env));
  return asJson(parsed);
}

function lines(text: string): Json[] {
  return text
    .trim()
    .split('\n')
    .map((line): Json => {
      const parsed: unknown = JSON.parse(line);
      return asJson(parsed);
    });
}

// The calls that the recorder knows, with the default-stream variants that the real libraries (CUDA 12 and 13) have.
const runtime = `cudaLaunchKernel+z cudaLaunchKernelExC+z cudaLaunchCooperativeKernel+z cudaGraphLaunch+z cudaGraphInstantiate
  cudaGraphInstantiateWithFlags cudaStreamBeginCapture+z cudaStreamEndCapture+z cudaMemcpy+s cudaMemcpyAsync+z cudaMemcpy2D+s
  cudaMemcpy2DAsync+z cudaMemcpyPeer cudaMemcpyPeerAsync cudaMemset+s cudaMemsetAsync+z cudaMalloc cudaMallocAsync+z
  cudaMallocManaged cudaMallocHost cudaHostAlloc cudaFree cudaFreeAsync+z cudaFreeHost cudaStreamSynchronize+z
  cudaDeviceSynchronize cudaEventSynchronize cudaEventRecord+z cudaEventQuery cudaStreamWaitEvent+z cudaStreamCreate
  cudaStreamCreateWithFlags cudaStreamCreateWithPriority cudaSetDevice cudaGetDeviceCount cudaGetLastError
  cudaGetErrorString cudaEventCreate cudaEventElapsedTime cudaStreamDestroy cudaLaunchHostFunc+z cudaSimVersion`;
const driver = `cuInit cuDeviceGet cuDeviceGetCount cuDeviceGetName cuLaunchKernel+z cuLaunchKernelEx+z
  cuLaunchCooperativeKernel+z cuGraphLaunch+z cuMemcpyHtoD_v2+s cuMemcpyDtoH_v2+s cuMemcpyDtoD_v2+s cuMemcpyHtoDAsync_v2+z
  cuMemcpyDtoHAsync_v2+z cuMemcpyDtoDAsync_v2+z cuMemcpy+s cuMemcpyAsync+z cuMemAlloc_v2 cuMemAllocManaged
  cuMemAllocAsync+z cuMemFree_v2 cuMemFreeAsync+z cuMemCreate cuCtxSynchronize cuStreamSynchronize+z cuEventSynchronize
  cuModuleLoad cuModuleLoadData cuModuleLoadDataEx cuModuleLoadFatBinary cuLibraryLoadData cuLibraryLoadFromFile
  cuModuleGetFunction`;

function expand(list: string): string[] {
  return list.split(/\s+/).flatMap((item) => {
    const [name = '', variant] = item.split('+');
    return variant === undefined ? [name] : [name, `${name}_pt${variant === 'z' ? 'sz' : 'ds'}`];
  });
}

test('build.sh builds, and has nothing to do the second time', options, () => {
  run('sh', [join(here, 'build.sh')]);
  const start = performance.now();
  run('sh', [join(here, 'build.sh')]);
  assert.ok(performance.now() - start < 1000);
});

test('build.sh without a compiler says so in one line', options, () => {
  const result = spawnSync('sh', [join(here, 'build.sh')], {
    env: { ...process.env, CC: 'no-such-cc' },
    encoding: 'utf8',
  });
  assert.equal(result.status, 1);
  assert.match(result.stderr, /^build\.sh: no C compiler: 'no-such-cc'.*install gcc.*\n$/);
});

for (const [library, list] of [
  ['libcudart.so.12', runtime],
  ['libcuda.so.1', driver],
] as const) {
  test(`${library} exports the names, each at its own address, each beginning with push %rbp`, options, () => {
    const entries = exportedFunctions(join(build, library));
    const names = new Set(entries.map((entry) => entry.name));
    assert.deepEqual(
      expand(list).filter((name) => !names.has(name)),
      [],
    );
    assert.equal(new Set(entries.map((entry) => entry.address)).size, entries.length);
    if (process.arch !== 'x64') return;
    assert.deepEqual(
      entries.filter((entry) => entry.bytes[0] !== 0x55).map((entry) => entry.name),
      [],
    );
  });
}

test('nothing is printed on loading; CUDASIM_VERBOSE=1 says what it is', options, () => {
  const quiet = spawnSync(join(build, 'check'), ['sync'], { encoding: 'utf8' });
  assert.equal(quiet.stderr, '');
  const verbose = spawnSync(join(build, 'check'), ['sync'], {
    env: { ...process.env, CUDASIM_VERBOSE: '1' },
    encoding: 'utf8',
  });
  assert.match(verbose.stderr, /^cudasim: .*simulated test device.*no GPU.*\n$/);
});

for (const sync of ['spin', 'block']) {
  test(`a full queue blocks the launch (${sync})`, options, () => {
    const env = { CUDASIM_QUEUE: '4', CUDASIM_KERNEL_US: '30000', CUDASIM_LAZY_LOAD_US: '0', CUDASIM_SYNC: sync };
    const times = check('queue', env).launch_ms;
    assert.ok(Array.isArray(times) && times.length === 8);
    const total = (list: readonly unknown[]) => list.map(asNumber).reduce((sum, ms) => sum + ms, 0);
    assert.ok(total(times.slice(0, 4)) < 25, `the first four are queued: ${times}`);
    assert.ok(total(times.slice(4)) > 95, `the next four wait for four kernels of 30 ms: ${times}`);
  });
}

test('a function is loaded once, at its first launch, also by four threads at once', options, () => {
  const seen = check('lazy', { CUDASIM_LAZY_LOAD_US: '20000', CUDASIM_KERNEL_US: '0' });
  assert.ok(asNumber(seen.first_ms) >= 20);
  assert.ok(asNumber(seen.second_ms) < 10);
  assert.equal(seen.loads, seen.kernels);
});

test('pinned copies are faster than pageable ones, and asynchronous', options, () => {
  const seen = check('copy', { CUDASIM_PAGEABLE_GBPS: '0.2', CUDASIM_PINNED_GBPS: '4' });
  const staging = (8 * 1024 * 1024) / 0.2e6;
  assert.ok(asNumber(seen.pageable_ms) > staging && asNumber(seen.back_pageable_ms) > staging);
  assert.ok(asNumber(seen.async_pageable_ms) > staging);
  assert.ok(asNumber(seen.pinned_ms) > 2 && asNumber(seen.pinned_ms) < staging / 2);
  assert.ok(asNumber(seen.back_pinned_ms) < staging / 2);
  assert.ok(asNumber(seen.async_pinned_ms) < 2);
});

test('spinning burns the CPU during a wait, blocking does not', options, () => {
  const env = { CUDASIM_KERNEL_US: '60000', CUDASIM_LAZY_LOAD_US: '0' };
  const spin = check('sync', { ...env, CUDASIM_SYNC: 'spin' });
  const block = check('sync', { ...env, CUDASIM_SYNC: 'block' });
  assert.ok(asNumber(spin.wall_ms) > 55 && asNumber(block.wall_ms) > 55);
  // Not 60: other processes may have taken part of the CPU.
  assert.ok(asNumber(spin.cpu_ms) > 12, `spin: ${spin.cpu_ms} ms`);
  assert.ok(asNumber(block.cpu_ms) < 3, `block: ${block.cpu_ms} ms`);
});

test('cudaMalloc and cudaFree drain the device, cudaMallocAsync does not', options, () => {
  const seen = check('drain', { CUDASIM_KERNEL_US: '40000', CUDASIM_LAZY_LOAD_US: '0' });
  assert.ok(asNumber(seen.malloc_async_ms) < 15);
  assert.ok(asNumber(seen.malloc_ms) > 25);
  assert.ok(asNumber(seen.free_ms) > 25);
});

test('events: not ready, then exact device time; another stream waits for one', options, () => {
  const seen = check('events', { CUDASIM_KERNEL_US: '20000', CUDASIM_LAZY_LOAD_US: '0' });
  assert.deepEqual([seen.query_before, seen.elapsed_before, seen.query_after, seen.elapsed_after], [600, 600, 0, 0]);
  assert.ok(Math.abs(asNumber(seen.elapsed_ms) - 40) < 1, `${seen.elapsed_ms} ms`);
  assert.ok(asNumber(seen.other_stream_waited_ms) > 30);
});

test('graphs take the sum of what was captured; synchronising breaks a capture', options, () => {
  const seen = check('graph', { CUDASIM_KERNEL_US: '10000', CUDASIM_LAZY_LOAD_US: '0' });
  assert.deepEqual([seen.ret, seen.sync_in_capture, seen.end_of_broken], [[0, 0, 0, 0], 900, 901]);
  assert.ok(asNumber(seen.ran_ms) > 28);
});

test('the per-thread default stream does not wait for the legacy one', options, () => {
  const seen = check('own-stream', { CUDASIM_KERNEL_US: '20000', CUDASIM_LAZY_LOAD_US: '0' });
  assert.ok(asNumber(seen.own_idle_ms) < 10);
  assert.ok(asNumber(seen.legacy_ms) > 30);
});

test('small copies move real bytes, at once and through the queue', options, () => {
  for (const env of [{ CUDASIM_COPY_LATENCY_US: '500' }, { CUDASIM_COPY_LATENCY_US: '0', CUDASIM_PINNED_GBPS: '0' }]) {
    assert.deepEqual(check('bytes', env), { ret: [0, 0], same: 1, same_rows: 1, set: 1 });
  }
});

test('errors have the codes of the real library', options, () => {
  const { name, version, ...codes } = check('errors', { CUDASIM_MEMORY_MIB: '64' });
  assert.deepEqual(codes, {
    malloc: [0, 2],
    last_error: [2, 0],
    free: [0, 1, 0],
    malloc_again: [0, 1],
    copy: [21, 1, 1, 0],
    launch: [9, 98, 400, 0],
    handles: [400, 400, 101],
    after_fork: 3,
  });
  assert.match(`${name} ${version}`, /simulated device \(no GPU\).*simulated test device/);
});

test('streams and events may come and go while they are busy', options, () => {
  assert.deepEqual(check('streams', { CUDASIM_KERNEL_US: '20' }), { ret: 0, last_error: 0 });
});

test('counted makes exactly what it was asked for, and its log says so', options, () => {
  const args = ['--threads', '8', '--launches', '23', '--copies', '17', '--fail', '5', '--nested', '--recurse', '3'];
  const rows = lines(run(join(build, 'counted'), args));
  const summary = asJson(rows.pop()?.summary);
  const counts = asJson(summary.counts);
  // Per thread: 23 plain, 1 failing, 1 nested and 1 recursed launch; 17 plain and 1 nested copy.
  assert.equal(counts.cudaLaunchKernel, 8 * 26);
  assert.equal(counts.cudaMemcpyAsync, 8 * 18);
  assert.equal(counts.cudaLaunchHostFunc, 8 * 4);
  assert.equal(summary.failed, 8 * 5);
  assert.equal(summary.total, rows.length);
  assert.equal(rows.filter((row) => row.op === 'cudaLaunchKernel').length, 8 * 26);
  assert.equal(new Set(rows.map((row) => row.tid)).size, 8);
  assert.equal(Math.max(...rows.map((row) => asNumber(row.depth))), 3);
  assert.ok(rows.every((row) => asNumber(row.end_ns) >= asNumber(row.start_ns)));
});

test('storm makes the wanted number of calls on an absolute schedule', options, () => {
  for (const api of ['runtime', 'driver']) {
    const [truth = {}] = lines(run(join(build, 'storm'), ['--rate', '50000', '--ms', '300', '--api', api]));
    const counts = Object.values(asJson(truth.counts)).map(asNumber);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      truth.total,
    );
    // At most what the schedule holds; less only when the machine took the CPU away at the very end.
    assert.ok(asNumber(truth.total) <= 15000 && asNumber(truth.total) > 13000, `${truth.total}`);
    assert.equal(truth.failed, 0);
  }
});

test('calls cost well under a microsecond', options, () => {
  const [truth = {}] = lines(run(join(build, 'storm'), ['--rate', '0', '--ms', '300']));
  assert.ok(asNumber(truth.rate) > 2_000_000, `${truth.rate} calls/s`);
});

test('longjmp leaves and signals interrupt calls, and the counts still hold', options, () => {
  for (const altstack of ['below', 'above']) {
    const rows = lines(run(join(build, 'longjmp'), ['--altstack', altstack]));
    const summary = asJson(rows.pop()?.summary);
    assert.equal(summary.altstack, altstack);
    for (const [op, count] of Object.entries(asJson(summary.counts))) {
      assert.equal(rows.filter((row) => row.op === op).length, count, op);
    }
  }
});

test('realcuda counts calls into a real libcudart', options, (t) => {
  const path = '/usr/local/cuda/lib64/libcudart.so';
  if (!existsSync(path)) return t.skip('the CUDA toolkit is not installed');
  const [truth = {}] = lines(run(join(build, 'realcuda'), ['--cudart', path]));
  const launches = asJson(asJson(truth.counts).cudaLaunchKernel);
  assert.equal(launches.calls, 23);
});

test('static has the runtime inside it: no libcudart is needed', options, (t) => {
  const path = join(build, 'static');
  if (!existsSync(path)) return t.skip('the CUDA toolkit with libcudart_static.a is not installed');
  const [truth = {}] = lines(run(path, ['--calls', '4']));
  assert.deepEqual(truth.counts, { cudaGetDeviceCount: 1, cudaMalloc: 4 });
  assert.doesNotMatch(run('ldd', [path]), /libcudart/);
});

for (const loader of ['process', 'thread']) {
  test(`train.py runs its steps with a loader ${loader} and leaves nothing behind`, pythonOptions, () => {
    const script = join(here, '..', 'workloads', 'train.py');
    const [truth = {}] = lines(run('python3', [script, '--steps', '5', '--load-ms', '1', '--loader', loader]));
    const calls = asJson(truth.calls);
    assert.equal(truth.steps, 5);
    // One step more than counted warms up.
    assert.equal(calls.cudaMemcpyAsync, 6);
    assert.equal(calls.cudaLaunchKernel, 6 * 40);
    const threads = Array.isArray(truth.threads) ? truth.threads.map(asJson) : [];
    assert.deepEqual(threads.map((row) => row.role).sort(), ['data loader', 'main loop', 'simulated device']);
    const child = threads.find((row) => row.role === 'data loader');
    if (loader === 'process') assert.ok(!existsSync(`/proc/${child?.pid}`));
  });
}

test('demo-starved.py: the hog makes CUDA calls slow, without it they are not', pythonOptions, () => {
  const script = join(here, '..', 'workloads', 'demo-starved.py');
  const slowCopies = (args: readonly string[]): { copies: number; truth: Json } => {
    const [truth = {}] = lines(run('python3', [script, '--seconds', '1.6', '--hog-after', '0', ...args]));
    const slow = asJson(truth.slow_calls).cudaMemcpyAsync;
    return { copies: slow === undefined ? 0 : asNumber(asJson(slow).count), truth };
  };
  const starved = slowCopies([]);
  assert.equal(starved.truth.incident, 'data-loader-starved');
  assert.ok(starved.copies >= 5, `${starved.copies} slow copies`);
  assert.ok(!existsSync(`/proc/${asJson(starved.truth.hog).pid}`));
  const healthy = slowCopies(['--no-hog']);
  assert.equal(healthy.truth.incident, 'healthy');
  assert.ok(healthy.copies < starved.copies / 2, `${healthy.copies} against ${starved.copies}`);
});
