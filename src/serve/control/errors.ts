// What can go wrong between a server without privileges and the program that watches the kernel for it.
import { defineError } from '../../base/errors.ts';
import { noSubscription } from '../../base/no-subscription.ts';

const START = "start one as root with 'whytrace watch --serve'";

export const errors = {
  noSubscription,
  noWatcher: defineError('no_watcher', ({ path, why }: { path: string; why: string }) => ({
    what: `nobody watches the kernel at ${path}`,
    why,
    todo: `${START}, or name its socket with --control PATH`,
  })),
  watcherGone: defineError('watcher_gone', ({ path }: { path: string }) => ({
    what: `the program that watches the kernel at ${path} is gone`,
    why: 'it ended, or was ended, before it answered; its subscriptions ended with it',
    todo: 'ask again: it may have been started anew; subscribe anew then',
  })),
  watcherSilent: defineError('watcher_silent', ({ path }: { path: string }) => ({
    what: `the program that watches the kernel at ${path} does not answer`,
    why: 'it is stopped, or has too much to do',
    todo: 'look at it on that machine, and ask again',
  })),
  otherVersion: defineError('watcher_version', ({ path, why }: { path: string; why: string }) => ({
    what: `cannot talk with the program that watches the kernel at ${path}`,
    why,
    todo: 'use the same version of whytrace on both sides, and start both anew',
  })),
  closedFolder: defineError('closed_folder', ({ folder, mode }: { folder: string; mode: string }) => ({
    what: `others that were let in may not get to the socket in ${folder}`,
    why: `the folder has mode ${mode}: an earlier start may have made it for its own user alone`,
    todo: `chmod 0755 ${folder}, or remove it and start anew`,
  })),
  badQuestion: defineError(
    'bad_question',
    ({ method, why }: { method: string; why: string }) => ({
      what: `cannot answer ${method}`,
      why,
      todo: 'ask what this version of the control socket knows',
    }),
    2,
  ),
  tooManyOfAll: defineError('too_many_subscriptions_of_all', ({ most }: { most: number }) => ({
    what: 'cannot start one more subscription',
    why: `${most} of all users are going on, and the rest is kept for the owner of the watch`,
    todo: 'end one with unsubscribe, or wait until one ends',
  })),
  tooManyOwn: defineError('too_many_subscriptions_of_caller', ({ most }: { most: number }) => ({
    what: 'cannot start one more subscription',
    why: `${most} of this user are going on, which is the most for one that does not own the watch`,
    todo: 'end one with unsubscribe, or wait until one ends',
  })),
} as const;
