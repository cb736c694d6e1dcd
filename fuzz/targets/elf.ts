// Programs and libraries: everything that is ever read of one but its unwind tables.
import { readBuildId } from '../../src/capture/symbols/build-id.ts';
import { elfInMemory } from '../../src/capture/symbols/elf.ts';
import { readDynamic } from '../../src/capture/symbols/elf-dynamic.ts';
import { findDataSymbols, findExports } from '../../src/capture/symbols/elf-exports.ts';
import { findFunctions } from '../../src/capture/symbols/elf-symbols.ts';
import { loadSymbolTable } from '../../src/capture/symbols/symbol-table.ts';
import { holds, refusing, type Target } from '../target.ts';
import { missingPrograms, programs } from './programs.ts';

const NAMES = ['main', 'malloc', 'dlopen', '_start', 'cudaMalloc'];

export const elf: Target = {
  name: 'elf',
  doc: 'programs and libraries: headers, symbols, notes, the dynamic section',
  missing: missingPrograms,
  open: () => ({
    seeds: programs(),
    sound: () => {
      for (const program of programs()) {
        const file = elfInMemory('fuzz', program);
        holds(
          'segments',
          file.segments.some(({ executable }) => executable),
        );
        holds('the dynamic section', readDynamic(file) !== undefined);
        holds('the build id', /^[0-9a-f]{16,}$/.test(readBuildId(file) ?? ''));
      }
    },
    check: (input) => {
      const file = refusing(() => elfInMemory('fuzz', input));
      if (file === undefined) return;
      refusing(() => readBuildId(file));
      refusing(() => readDynamic(file));
      refusing(() => findFunctions(file, NAMES));
      refusing(() => findExports(file, NAMES));
      refusing(() => findDataSymbols(file, NAMES));
      refusing(() => {
        const table = loadSymbolTable(file);
        for (const { address } of file.segments) table.find(address + 16);
      });
    },
  }),
};
