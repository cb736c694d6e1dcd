// The one door to the schema library: what a tool takes and gives is declared with it.
export * as z from 'zod';
