// The prompts, in the order in which clients list them. To add one: its file, its line here.
import { compare } from './prompts/compare.ts';
import { investigate } from './prompts/investigate.ts';
import { overhead } from './prompts/overhead.ts';
import type { Prompt } from './prompts/prompt.ts';

export const prompts: readonly Prompt[] = [investigate, compare, overhead];
