// Runs a check on a recording built by a scene, and leaves nothing behind. For tests only.
import { openRecording } from '../src/store/open-recording.ts';
import type { Recording } from '../src/store/recording.ts';
import { scene } from './scene.ts';

export type Scene = ReturnType<typeof scene>;

/** Builds a closed recording with `build`, reads it with `read`, removes it; returns what `read` returns. */
export const recorded = <T>(
  build: (scene: Scene) => void,
  read: (recording: Recording) => T,
  facts: Readonly<Record<string, string | number>> = {},
): T => {
  const made = scene(facts);
  try {
    build(made);
    const recording = openRecording(made.done());
    try {
      return read(recording);
    } finally {
      recording.close();
    }
  } finally {
    made.remove();
  }
};
