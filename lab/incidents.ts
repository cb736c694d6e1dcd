// The incidents of the lab, in the order in which they are played and reported. To add one: its file, and its line here.
import type { Incident } from './incident.ts';
import { allocationStorm } from './incidents/allocation-storm.ts';
import { allocatorThrash } from './incidents/allocator-thrash.ts';
import { coldWeights } from './incidents/cold-weights.ts';
import { collateInMainThread } from './incidents/collate-in-main-thread.ts';
import { compilerAtFirstRequest } from './incidents/compiler-at-first-request.ts';
import { copyFromPageable } from './incidents/copy-from-pageable.ts';
import { cpuQuota } from './incidents/cpu-quota.ts';
import { diskThrottled } from './incidents/disk-throttled.ts';
import { execStorm } from './incidents/exec-storm.ts';
import { fsyncBehindWriter } from './incidents/fsync-behind-writer.ts';
import { fsyncInStep } from './incidents/fsync-in-step.ts';
import { fullLaunchQueue } from './incidents/full-launch-queue.ts';
import { gilKept } from './incidents/gil-kept.ts';
import { hogOnLaunchCpu } from './incidents/hog-on-launch-cpu.ts';
import { lazyLoading } from './incidents/lazy-loading.ts';
import { loaderComputes } from './incidents/loader-computes.ts';
import { loaderReadsSlowly } from './incidents/loader-reads-slowly.ts';
import { loaderSleeps } from './incidents/loader-sleeps.ts';
import { loaderStopped } from './incidents/loader-stopped.ts';
import { lockConvoy } from './incidents/lock-convoy.ts';
import { lockHeldAsleep } from './incidents/lock-held-asleep.ts';
import { logToFullPipe } from './incidents/log-to-full-pipe.ts';
import { logprobsInLoop } from './incidents/logprobs-in-loop.ts';
import { longKernels } from './incidents/long-kernels.ts';
import { lossyLink } from './incidents/lossy-link.ts';
import { narrowLink } from './incidents/narrow-link.ts';
import { priorityInversion } from './incidents/priority-inversion.ts';
import { quotaAndDisk } from './incidents/quota-and-disk.ts';
import { rpcRelayDelay } from './incidents/rpc-relay-delay.ts';
import { sleepInStep } from './incidents/sleep-in-step.ts';
import { slowNameServer } from './incidents/slow-name-server.ts';
import { slowPageServer } from './incidents/slow-page-server.ts';
import { slowSemaphorePeer } from './incidents/slow-semaphore-peer.ts';
import { slowUnixPeer } from './incidents/slow-unix-peer.ts';
import { threeHops } from './incidents/three-hops.ts';
import { workersOfMoreWeight } from './incidents/workers-of-more-weight.ts';

export const incidents: readonly Incident[] = [
  allocationStorm,
  allocatorThrash,
  coldWeights,
  collateInMainThread,
  compilerAtFirstRequest,
  copyFromPageable,
  cpuQuota,
  diskThrottled,
  execStorm,
  fsyncBehindWriter,
  fsyncInStep,
  fullLaunchQueue,
  gilKept,
  hogOnLaunchCpu,
  lazyLoading,
  loaderComputes,
  loaderReadsSlowly,
  loaderSleeps,
  loaderStopped,
  lockConvoy,
  lockHeldAsleep,
  logToFullPipe,
  logprobsInLoop,
  longKernels,
  lossyLink,
  narrowLink,
  priorityInversion,
  quotaAndDisk,
  rpcRelayDelay,
  sleepInStep,
  slowNameServer,
  slowPageServer,
  slowSemaphorePeer,
  slowUnixPeer,
  threeHops,
  workersOfMoreWeight,
];
