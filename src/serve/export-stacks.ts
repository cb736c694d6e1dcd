// The stacks of a recording in the format of another tool. Opens the recording; writes nothing.
import { stackGroups } from '../analysis/stacks.ts';
import type { StackSource } from '../store/read-stacks.ts';
import { foldedText } from './render/folded.ts';
import { pprofBytes } from './render/pprof.ts';
import { stackFilterOf, type WantedStacks } from './stack-filter.ts';
import { type ToolContext, withRecording } from './tool.ts';

export type Export = { readonly bytes: Uint8Array; readonly stacks: number; readonly source: StackSource };

/**
 * Without a source: CPU samples when there are any, else calls. Throws a UserError for a file that cannot be read and a filter
 * that names what the recording does not have.
 */
export const exportStacks = (
  context: ToolContext,
  format: 'folded' | 'pprof',
  wanted: StackSource | undefined,
  filter: WantedStacks,
): Export =>
  withRecording(context, (recording) => {
    const chosen = stackFilterOf(recording, filter);
    const source = wanted ?? (recording.stackCover('cpu_samples', {}).count > 0 ? 'cpu_samples' : 'calls');
    const { groups, sample_hz } = stackGroups(recording, { ...chosen, sources: [source] });
    if (format === 'folded') return { bytes: Buffer.from(foldedText(groups)), stacks: groups.length, source };
    const window = chosen.window ?? recording.window;
    const { facts } = recording;
    return {
      bytes: pprofBytes({ source, groups, sample_hz, window, started_unix_ns: facts.get('started_unix_ns') ?? '' }),
      stacks: groups.length,
      source,
    };
  });
