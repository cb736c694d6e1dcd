// Tools and a prompt of the conformance suite that ask their client something back: elicitation, sampling, roots, in one round
// or several. Clients of 2026-07-28 get a result that asks, those of 2025 a request of their own; the SDK does both from this.
import { acceptedContent, inputRequired, inputResponse, type McpServer, type ServerContext } from '../protocol/sdk.ts';
import { z } from '../zod.ts';
import { text } from './media.ts';
import type { StateCodec } from './state.ts';

const NAME = z.object({ name: z.string() });
const OK = z.object({ ok: z.boolean() });
const COLOUR = z.object({ color: z.string() });
const STREAMED = z.object({ answer: z.string() });
const CONTEXT = z.object({ context: z.string() });

const { elicit, createMessage, listRoots } = inputRequired;

const askName = () => elicit({ message: 'What is your name?', requestedSchema: NAME });
const sampling = (words: string, maxTokens: number) =>
  createMessage({ messages: [{ role: 'user', content: text(words) }], maxTokens });
const done = (words: string) => ({ content: [text(words)] });

type Result = ReturnType<typeof done> | ReturnType<typeof inputRequired>;
type Step = (request: ServerContext) => Result | Promise<Result>;

const elicitation: Step = ({ mcpReq }) => {
  const answer = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
  return answer === undefined
    ? inputRequired({ inputRequests: { user_name: askName() } })
    : done(`Hello, ${answer.name}!`);
};

const askModel: Step = ({ mcpReq }) => {
  const response = inputResponse(mcpReq.inputResponses, 'capital_question');
  return response.kind === 'sampling'
    ? done(`The model says: ${JSON.stringify(response.result.content)}`)
    : inputRequired({ inputRequests: { capital_question: sampling('What is the capital of France?', 100) } });
};

const askRoots: Step = ({ mcpReq }) => {
  const response = inputResponse(mcpReq.inputResponses, 'client_roots');
  return response.kind === 'roots'
    ? done(`Roots: ${response.roots.map(({ uri }) => uri).join(', ')}`)
    : inputRequired({ inputRequests: { client_roots: listRoots() } });
};

/** Asks for confirmation with sealed state; whoever changes it is refused before this runs again. */
const confirmed =
  (state: StateCodec): Step =>
  async (request) => {
    const answer = acceptedContent(request.mcpReq.inputResponses, 'confirm', OK);
    if (answer !== undefined && request.mcpReq.requestState() !== undefined) return done('state-ok');
    return inputRequired({
      inputRequests: { confirm: elicit({ message: 'Please confirm', requestedSchema: OK }) },
      requestState: await state.mint({ round: 1 }, request),
    });
  };

const several =
  (state: StateCodec): Step =>
  async (request) => {
    const { inputResponses } = request.mcpReq;
    const answer = acceptedContent(inputResponses, 'user_name', NAME);
    const isWhole =
      inputResponse(inputResponses, 'greeting').kind === 'sampling' &&
      inputResponse(inputResponses, 'client_roots').kind === 'roots';
    if (answer !== undefined && isWhole) return done(`Hello, ${answer.name}!`);
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: sampling('Generate a greeting', 50),
        client_roots: listRoots(),
      },
      requestState: await state.mint({ round: 1 }, request),
    });
  };

const rounds =
  (state: StateCodec): Step =>
  async (request) => {
    const { inputResponses } = request.mcpReq;
    const known = state.payload(request.mcpReq.requestState());
    const colour = acceptedContent(inputResponses, 'step2', COLOUR);
    if (known?.name !== undefined && colour !== undefined) return done(`${known.name} likes ${colour.color}`);
    const name = known?.name ?? acceptedContent(inputResponses, 'step1', NAME)?.name;
    if (name === undefined)
      return inputRequired({
        inputRequests: { step1: elicit({ message: 'Step 1: What is your name?', requestedSchema: NAME }) },
        requestState: await state.mint({ round: 1 }, request),
      });
    return inputRequired({
      inputRequests: { step2: elicit({ message: 'Step 2: What is your favorite color?', requestedSchema: COLOUR }) },
      requestState: await state.mint({ round: 2, name }, request),
    });
  };

/** Asks only for what the client has said that it can do. */
const whatItCan =
  (server: McpServer): Step =>
  ({ mcpReq }) => {
    if (mcpReq.inputResponses !== undefined) return done('answered');
    const able = server.server.getClientCapabilities();
    const inputRequests = {
      ...(able?.elicitation === undefined ? {} : { user_name: askName() }),
      ...(able?.sampling === undefined ? {} : { greeting: sampling('Generate a greeting', 50) }),
    };
    return Object.keys(inputRequests).length === 0 ? done('nothing can be asked') : inputRequired({ inputRequests });
  };

const streamed: Step = async ({ mcpReq }) => {
  const answer = acceptedContent(mcpReq.inputResponses, 'answer', STREAMED);
  if (answer !== undefined) return done(answer.answer);
  await mcpReq.log('info', 'about to ask');
  return inputRequired({ inputRequests: { answer: elicit({ message: 'Say it', requestedSchema: STREAMED }) } });
};

export const offerInputFixtures = (server: McpServer, state: StateCodec): void => {
  const steps: Readonly<Record<string, Step>> = {
    test_input_required_result_elicitation: elicitation,
    test_input_required_result_sampling: askModel,
    test_input_required_result_list_roots: askRoots,
    test_input_required_result_request_state: confirmed(state),
    test_input_required_result_tampered_state: confirmed(state),
    test_input_required_result_multiple_inputs: several(state),
    test_input_required_result_multi_round: rounds(state),
    test_input_required_result_capabilities: whatItCan(server),
    // What the client cannot do is refused by the SDK, which looks at what is asked.
    test_missing_capability: askModel,
    test_streaming_elicitation: streamed,
  };
  for (const [name, step] of Object.entries(steps))
    server.registerTool(name, { description: `Fixture: ${name}`, inputSchema: z.object({}) }, (_, request) =>
      step(request),
    );
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Fixture: a prompt that asks back', argsSchema: z.object({}) },
    (_, { mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context', CONTEXT);
      const asked = elicit({ message: 'What context should the prompt use?', requestedSchema: CONTEXT });
      return answer === undefined
        ? inputRequired({ inputRequests: { user_context: asked } })
        : { messages: [{ role: 'user', content: text(`Context: ${answer.context}`) }] };
    },
  );
};
