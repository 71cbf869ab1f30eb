// The layering of docs/architecture.md, as a build failure.
const data = ['base', 'protocol'];
const exec = ['base', 'rpc', 'protocol', 'host'];
const agent = [...data, 'policy', 'environment', 'model', 'mcp', 'store', 'config'];
const may = {
  base: [],
  rpc: ['base'],
  host: ['base'],
  protocol: ['rpc/contract'],
  policy: data,
  model: data,
  store: data,
  config: data,
  environment: exec,
  'exec-server': exec,
  mcp: [...data, 'environment'],
  client: ['base', 'rpc', 'protocol'],
  agent,
  'app-server': [...agent, 'agent', 'client', 'rpc'],
};
const layer = ([from, to]) => ({
  name: `layer-${from}`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [from, ...to].map((dir) => `^src/${dir}(/|\\.ts$)`) },
});
module.exports = {
  forbidden: [
    ...Object.entries(may).map(layer),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'os-only-in-host',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(host|store|config|rpc/transports|cli)/|^src/model/rehearsal/server\\.ts$' },
      to: { path: '^(node:)?(child_process|fs|net|http|https)(/|$)|^node-pty$' },
    },
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
};
