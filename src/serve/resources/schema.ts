// The schema of the recording as a resource: the list of views, and each view or table by its name; as describe_schema.
import { UserError } from '../../base/errors.ts';
import { type ToolContext, withRecording } from '../tool.ts';
import { describeSchema } from '../tools/describe-schema.ts';
import { type ResourceKind, SCHEME } from './resource.ts';

const namesOf = (context: ToolContext): readonly string[] =>
  withRecording(context, (recording) =>
    recording.database
      .prepare("SELECT name FROM meta_table WHERE type = 'view' ORDER BY name")
      .all()
      .map(({ name }) => String(name))
      // They become addresses: a recording that somebody made up may hold anything.
      .filter((name) => /^[a-z_]\w{0,62}$/i.test(name)),
  );

export const schemaResource: ResourceKind = {
  name: 'schema',
  title: 'View of the recording',
  description: 'Columns of one view with meaning and unit, and queries that work',
  variable: 'table',
  values: namesOf,
  read: async (table, context) => {
    try {
      return await describeSchema.call({ table }, context);
    } catch (thrown) {
      if (thrown instanceof UserError && thrown.parts.code === 'unknown_table') return undefined;
      throw thrown;
    }
  },
};

/** All of it: an address without a variable. */
export const wholeSchema = {
  uri: `${SCHEME}://schema`,
  name: 'schema',
  title: 'Schema',
  description: 'Which views run_sql can query',
  read: (context: ToolContext) => describeSchema.call({}, context),
};
