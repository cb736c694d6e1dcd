// The tools whose recordings can be imported. To add one: its folder, its line here.
import type { Importer } from './importer.ts';
import { ingero } from './ingero/ingero.ts';

export const importers: readonly Importer[] = [ingero];
