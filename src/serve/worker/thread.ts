// The thread in which long calls run, one after the other: analyses are plain loops that would hold up every other client.
import { parentPort } from 'node:worker_threads';
import { messageOf, UserError } from '../../base/errors.ts';
import { loadTool } from '../tool-files.ts';
import type { Job, Outcome } from './job.ts';

const run = async ({ tool, args, path, budget, principal }: Job): Promise<Outcome> => {
  try {
    const answer = await (await loadTool(tool)).call(args, {
      path: () => path,
      check: () => Promise.reject(new Error('this machine is not checked in a thread')),
      budget,
      ...(principal === undefined ? {} : { principal }),
    });
    return { answer };
  } catch (thrown) {
    if (thrown instanceof UserError) return { fault: thrown.parts, exitCode: thrown.exitCode };
    return { crash: messageOf(thrown) };
  }
};

parentPort?.on('message', (job: Job) => {
  run(job).then((outcome) => parentPort?.postMessage(outcome));
});
