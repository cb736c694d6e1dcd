// Stacks as lines of text, one a stack, for flame graphs: "comm (pid N);outermost;...;innermost VALUE", the value in
// microseconds. The format of stackcollapse: https://github.com/brendangregg/FlameGraph, read by speedscope and others.
import { frameText, functionText } from '../../analysis/frame-text.ts';
import type { StackGroup } from '../../analysis/stacks.ts';
import type { StackFrame } from '../../store/read-stacks.ts';

const NS_PER_US = 1000;

/** A frame without the separator; kernel and JIT frames end as flame graphs colour them. */
const nameOf = (frame: StackFrame): string => {
  const name =
    frame.kind === 'kernel' || frame.kind === 'jit'
      ? `${functionText(frame)}_[${frame.kind === 'kernel' ? 'k' : 'j'}]`
      : frameText(frame);
  return name.replaceAll(';', ':');
};

/** What the innermost frame did: the call, or what it waited for; time on a CPU is the frame's own. */
const leafOf = ({ what }: StackGroup): readonly string[] => {
  if (what === 'on_cpu') return [];
  return [what.startsWith('wait: ') ? `[${what}]` : what];
};

/** The stacks as text; equal lines are added up, and no stack that took time becomes 0. */
export const foldedText = (groups: readonly StackGroup[]): string => {
  const lines = new Map<string, number>();
  for (const group of groups) {
    const root = `${group.comm} (pid ${group.pid})`.replaceAll(';', ':');
    const frames = group.frames.map(nameOf).reverse();
    const line = [root, ...(group.complete ? [] : ['[truncated]']), ...frames, ...leafOf(group)].join(';');
    lines.set(line, (lines.get(line) ?? 0) + group.total_ns);
  }
  return [...lines]
    .filter(([, ns]) => ns > 0)
    .map(([line, ns]) => `${line} ${Math.max(1, Math.round(ns / NS_PER_US))}\n`)
    .join('');
};
