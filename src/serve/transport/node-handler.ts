// The door to the SDK's adapter for Node's HTTP server: requests as the web has them, and the guards against DNS rebinding.
export { hostHeaderValidation, originValidation, toNodeHandler } from '@modelcontextprotocol/node';
