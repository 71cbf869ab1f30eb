// Differences from the recordings that are meant, each with its reason. docs/compatibility.md names the same.

const meant = [
  {
    at: /recorded "[^"]*(Send message error Transport \[|Transport send error: Transport \[|\\n\\nStack backtrace|connection closed: initialize response: connection closed|; authorization required: OAuth authorization required)/,
    because: 'causes in plain words, once, without type names and stack traces',
  },
  {
    of: /^interrupt$/,
    at: /^notification item\/completed mcpToolCall: not in the recording/,
    because: 'a call that is interrupted ends like any other',
  },
  { at: /^notification item\/mcpToolCall\/progress: not in the recording/, because: 'progress of tools is forwarded' },
  {
    of: /^oauth-bad-(state|iss)$/,
    at: /^notification mcpServer\/oauthLogin\/completed web: missing/,
    because: 'a forged answer is turned away and the login goes on',
  },
  { of: /^oauth-denied$/, at: /the\+user\+said\+no/, because: "a plus in the provider's words is a space" },
  {
    of: /^oauth-preset-client$/,
    at: /resource=/,
    because: 'one resource is named everywhere, the configured one',
  },
  {
    of: /^login-errors-and-reload$/,
    at: /^notification mcpServer\/startupStatus\/updated (std2|web) ready: missing/,
    because: 'a reload that fails tells of no server',
  },
  {
    of: /^oauth-refresh-short-ttl$/,
    at: /grant_type=refresh_token|^notification mcpServer\/startupStatus\/updated web starting: missing|^servers, (sessions|outside): .*(initialize)/,
    because: 'one refresh for each use, and a reload keeps the connection',
  },
  {
    of: /^remote-env$/,
    at: /^executor: .*("timeoutMs":600000|"method":"GET","url":"http:\/\/127.0.0.1:8821\/mcp".*"mcp-session-id","value":"<secret>"\}.*"redirectPolicy":"stop"\}$)/,
    because: 'a stream without end is opened anew every ten minutes',
  },
  {
    of: /^remote-env$/,
    at: /^executor: .*(\/register|\/\.well-known\/|"url":"http:\/\/127.0.0.1:8821\/mcp".*"2024-11-05")/,
    because: 'requests for metadata, registrations and tokens ask for JSON, and registrations follow no redirect',
  },
  { of: /^model-request-tools$/, at: /^\w+\.parameters\.properties\.\w+\.description/, because: 'words for the model are our own' },
  {
    of: /^startup-failures$/,
    at: /timed out (handshaking with|spawning) MCP server/,
    because: 'where a fifth of a second ran out depends on the machine',
  },
];

/** Why a line of the comparison is as it should be; undefined: nobody meant it. */
export const reasonFor = (recording, line) =>
  meant.find(({ of, at }) => (of === undefined || of.test(recording)) && at.test(line))?.because;
