// Everything a recording consists of, in the order in which it is made.

import type { TableSpec, ViewSpec } from './table.ts';
import { metaTables } from './tables/meta.ts';
import { rawTables } from './tables/raw.ts';
import { views as viewSpecs } from './tables/views.ts';

/** Stored in SQLite's `user_version`; a reader refuses any other. */
export const SCHEMA_VERSION = 3;
/** Stored in SQLite's `application_id`: the letters "wtrc". */
export const APPLICATION_ID = 0x77747263;

export const tables: readonly TableSpec[] = [...Object.values(metaTables), ...Object.values(rawTables)];
export const views: readonly ViewSpec[] = Object.values(viewSpecs);
