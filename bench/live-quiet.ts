// How often the watches cry wolf: healthy traffic for minutes, and rounds of benign work.

import { benignWork, healthyTraffic } from '../lab/quiet.ts';
import { isAtLeast } from '../src/base/alert.ts';
import { type Bench, figureOf } from './figure.ts';

/** Ten minutes, or what WHYTRACE_SECONDS says. */
const SECONDS = Number(process.env.WHYTRACE_SECONDS ?? 600);
const ROUNDS = Number(process.env.WHYTRACE_ROUNDS ?? 5);

const counted = (rules: readonly string[]): string =>
  Object.entries(Object.groupBy(rules, (rule) => rule))
    .map(([rule, same = []]) => `${rule} ${same.length}`)
    .join(', ') || 'none';

export const liveHealthy: Bench = {
  name: 'live-healthy',
  doc: 'alerts of the network watch in ten minutes of healthy traffic (WHYTRACE_SECONDS for less)',
  onRequest: true,
  run: async () => {
    const { said, alerts } = await healthyTraffic(SECONDS);
    const context = { seconds: SECONDS, done: said, alerts: counted(alerts.map(({ rule }) => rule)) };
    return [figureOf('live_healthy_alerts', 'alerts', { atMost: 0 }, [alerts.length], context)];
  },
};

export const liveBenign: Bench = {
  name: 'live-benign',
  doc: 'alerts of severity high or worse in rounds of benign work: compilers, packages, git, debuggers, a test suite',
  run: async () => {
    const { done, alerts } = await benignWork({ rounds: ROUNDS });
    const high = alerts.filter(({ severity }) => isAtLeast(severity, 'high'));
    const context = {
      rounds: ROUNDS,
      done: done.flatMap(({ name, skipped }) => (skipped === undefined ? [name] : [])).join(' '),
      left_out:
        done.flatMap(({ name, skipped }) => (skipped === undefined ? [] : [`${name}: ${skipped}`])).join('; ') ||
        'none',
      high: counted(high.map(({ rule }) => rule)),
      all: counted(alerts.map(({ rule, severity }) => `${rule}/${severity}`)),
    };
    return [figureOf('live_benign_high_alerts', 'alerts', { atMost: 0 }, [high.length], context)];
  },
};
